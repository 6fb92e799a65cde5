"""From a module of PyTorch to an architecture whose gradient has been compared with PyTorch's own, once.

What is exported can differ from what the module does: a backward pass of the user's own, a hook, a value changed in
place without a gradient leave no trace in the program.  So the emitted gradient and that of PyTorch's autograd are
compared at one random point, in float64; that is no proof, and it finds what is systematically wrong.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dyadic.physics.loading import EmittedNetwork, emitted_network
from dyadic.symbolic import derive
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers import from_torch as read_module
from dyadic.symbolic.structure import make_cost

if TYPE_CHECKING:
    from dyadic.symbolic import Architecture

NOT_COMPARED = "not compared with PyTorch's autograd"
LARGEST_DIFFERENCE = 1e-5
"""Relative to the largest entry; casts to float32 inside a program leave 1e-7."""
_NOISE = 0.25


def from_torch(
    module: Any,
    example_input: Any,
    cost: str | None = None,
    granularity: Literal["operation", "layer"] = "operation",
    name: str | None = None,
    dynamic_shapes: Any = None,
    *,
    check: bool = True,
) -> Architecture:
    """The architecture of a ``torch.nn.Module``, exported as it computes on ``example_input`` (a tensor, or a tuple).

    The module is exported in the mode (train or eval) that it is in.  ``cost`` and ``granularity`` as in
    :func:`dyadic.read`.  ``dynamic_shapes``: as in ``torch.export.export``; such an axis has a name for its size.
    ``check``: compare the gradient once with PyTorch's autograd, at a random point near the example, in float64; a note
    of the architecture says where it was not.
    Raises :class:`DyadicError` where the module cannot be exported or read, or where the gradients differ.
    """
    found = read_module(module, example_input, cost, granularity, name, dynamic_shapes)
    if not check:
        return replace(found, notes=(*found.notes, f"{NOT_COMPARED}: check = False"))
    example = tuple(example_input) if isinstance(example_input, list | tuple) else (example_input,)
    try:
        one = Comparison(module, example, found)
    except NotComparable as error:
        return replace(found, notes=(*found.notes, f"{NOT_COMPARED}: {error}"))
    one.require_agreement()
    return found


class NotComparable(Exception):
    """Why the gradients cannot be compared."""


class Comparison:
    """Values and gradients at one point, by the emitted module and by PyTorch."""

    def __init__(self, module: Any, example: Sequence[Any], architecture: Architecture) -> None:
        import torch  # an optional extra, which the caller has

        self.torch, self.architecture = torch, architecture
        self.module, self.x = self._in_double(module, example)
        self.network = self._emitted()
        self.outputs, self.sensitivities = self._forward()
        self.theirs = self._autograd()

    def _run(self) -> Any:
        """What the module returns; tensors that it makes are float64 as well."""
        torch = self.torch
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            with warnings.catch_warnings(), torch.enable_grad(), torch.random.fork_rng(devices=[]):
                warnings.simplefilter("ignore")
                return self.module(*self.x)
        except Exception as error:  # whatever a user's class raises
            raise NotComparable(f"the module does not run in float64 ({str(error)[:100]})") from error
        finally:
            torch.set_default_dtype(before)

    def _in_double(self, module: Any, example: Sequence[Any]) -> tuple[Any, list[Any]]:
        """A copy of the module and inputs near the example, both in float64."""
        torch = self.torch
        try:
            module = copy.deepcopy(module).double()
        except Exception as error:  # whatever a user's class raises
            raise NotComparable(f"the module cannot be copied ({type(error).__name__})") from error
        for parameter in module.parameters():
            parameter.requires_grad_(parameter.is_floating_point())
        generator = torch.Generator().manual_seed(0)
        inputs = []
        for value in example:
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                spread = _NOISE * torch.randn(value.shape, generator=generator, dtype=torch.float64)
                value = value.detach().double() + spread
            inputs.append(value)
        return module, inputs

    def _emitted(self) -> EmittedNetwork:
        """The emitted module, for the sizes of the example."""
        given = [value for value in self.x if isinstance(value, self.torch.Tensor)]
        asked = [n for n in self.architecture.inputs if n.role in ("data", "index")]
        sizes: dict[str, int] = {}
        for node in asked:
            for value in given:
                if len(value.shape) == len(node.shape):
                    pairs = zip(node.shape, value.shape, strict=True)
                    sizes |= {str(n): int(m) for n, m in pairs if n.is_Symbol and str(n) not in sizes}
        if set(self.architecture.unknown_sizes) - set(sizes):
            raise NotComparable("sizes are only names")
        known = {name: sizes[name] for name in self.architecture.unknown_sizes}
        found = self.architecture.with_sizes(known) if known else self.architecture
        costs = (make_cost("abstract", c.input, found.shapes[c.input], owner=c.owner) for c in found.costs)
        return emitted_network(derive(replace(found, costs=tuple(costs))))

    def _forward(self) -> tuple[list[Any], list[Any]]:
        """What the module returns, flat, and a sensitivity for each tensor of floating-point numbers in it."""
        torch, found = self.torch, self._run()
        tensors = {id(one): one for one in _flat(torch, found)}.values()
        outputs = [one for one in tensors if one.is_floating_point() and one.requires_grad]
        if not outputs:
            raise NotComparable("no output depends on a parameter")
        generator = torch.Generator().manual_seed(1)
        return outputs, [torch.randn(o.shape, generator=generator, dtype=o.dtype) for o in outputs]

    def _autograd(self) -> dict[str, np.ndarray]:
        """dC/dtheta for the sensitivities, by the names of the parameters."""
        named = {key: p for key, p in self.module.named_parameters() if p.requires_grad}
        found = self.torch.autograd.grad(
            self.outputs, list(named.values()), self.sensitivities, allow_unused=True, materialize_grads=True
        )
        return {key: np.asarray(g.numpy(), float) for key, g in zip(named, found, strict=True)}

    def differences(self) -> dict[str, float]:
        """For every output and every parameter's gradient the largest difference, relative to the largest entry.

        Infinite where one is a number and the other is not.
        """
        ours, state = self._ours()
        found = {}
        for position, (value, wanted) in enumerate(zip(state, self.outputs, strict=True)):
            found[f"the output {position}"] = _apart(value, wanted.detach().numpy(), 0.0)
        largest = max((_largest(gradient) for gradient in self.theirs.values()), default=0.0)
        for key, gradient in self.theirs.items():
            here = ours.get(key, np.zeros(gradient.shape))
            found[f"the gradient of {key}"] = _apart(here, gradient, 1e-6 * largest)
        return found

    def require_agreement(self) -> None:
        """Raise :class:`SpecError` with the name of a parameter whose gradient, or an output whose value, differs."""
        for what, difference in self.differences().items():
            if difference > LARGEST_DIFFERENCE:
                remedy = "leave out what has a backward pass of its own, or take check = False: the program's gradient"
                problem = f"{what} differs from PyTorch's by {difference:.2g} of its largest entry (at a random point)"
                raise SpecError(self.architecture.name, problem, remedy)

    def _ours(self) -> tuple[Mapping[str, np.ndarray], list[np.ndarray]]:
        module, architecture = self.network.module, self.network.derivation.architecture
        costs = architecture.costs
        if len(costs) != len(self.outputs):
            raise NotComparable("its outputs are not those of the architecture")
        x = self._inputs()
        y: Any = {c.owner: s.numpy() for c, s in zip(costs, self.sensitivities, strict=True)}
        params = {**architecture.values, **self._parameters()}
        with np.errstate(all="ignore"):
            state = module.wavefront(params, x, y)
            gradients = module.gradients(params, x, y)[1]
        return gradients, [state.x[cost.input] for cost in costs]

    def _inputs(self) -> dict[str, np.ndarray]:
        names = list(self.network.module.INPUTS)
        tensors = [value for value in self.x if isinstance(value, self.torch.Tensor)]
        if len(names) != len(tensors):
            raise NotComparable("not all inputs are read")
        return {name: value.numpy() for name, value in zip(names, tensors, strict=True)}

    def _parameters(self) -> dict[str, np.ndarray]:
        """The module's own, where single precision was read as such."""
        own = {key: p.detach().numpy() for key, p in self.module.named_parameters()}
        return {key: own[key] for key in self.network.module.PARAMETERS if key in own}


def _apart(ours: Any, theirs: np.ndarray, floor: float) -> float:
    """The largest difference, relative to the largest entry."""
    defined = np.isfinite(theirs)
    if not np.isfinite(np.asarray(ours)[defined]).all():
        return float("inf")
    difference = _largest(np.asarray(ours)[defined] - theirs[defined])
    scale = max(_largest(theirs), floor)
    return 0.0 if not difference else difference / scale if scale else float("inf")


def _flat(torch: Any, found: Any) -> list[Any]:
    """The tensors of a result, as torch.export lists them."""
    leaves, _ = torch.utils._pytree.tree_flatten(found)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


def _largest(array: np.ndarray) -> float:
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


__all__ = ["Comparison", "from_torch"]
