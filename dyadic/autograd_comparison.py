"""Values and gradients at random points, by the module that is emitted and by PyTorch's autograd."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dyadic.physics.loading import EmittedNetwork, emitted_network
from dyadic.symbolic import derive
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.structure import make_cost

if TYPE_CHECKING:
    from dyadic.symbolic.readers.torch_export import ReadModule

LARGEST_DIFFERENCE = 1e-5
"""Relative to the largest entry; casts to float32 inside a program leave 1e-7."""
LARGEST_OF_ITS_OWN = 1e-6
"""The same where the module has a backward pass of its own."""
LARGEST_IN_SINGLE = 1e-2
"""The same for a module that runs in single precision only."""
SCALES = (2.0**20, 2.0**-20)
"""By which sensitivities are multiplied: gradients are linear in them, unless something clips or normalises them."""


@dataclass(frozen=True)
class ComparisonPoint:
    """spread: of the inputs around the example, a standard deviation; moved: whether the parameters are moved too.

    A branch that begins with a weight of 0 hides all gradients in it from a comparison where it is.
    """

    seed: int
    spread: float
    moved: bool = True


NEAR = ComparisonPoint(0, 0.25)
FAR = (ComparisonPoint(1, 4.0), ComparisonPoint(2, 64.0))
"""Where a backward pass of its own is looked at besides: many differ from the derivative for large numbers only."""


class NotComparable(Exception):
    """Why the gradients cannot be compared."""


@dataclass(frozen=True)
class _Run:
    """What the module computed at a point: inputs, outputs, and the sensitivities of those that are numbers."""

    inputs: Sequence[Any]
    outputs: Sequence[Any]
    sensitivities: Mapping[int, Any]


class AutogradComparison:
    """notes: what has to be said besides of a module whose gradients agree."""

    def __init__(self, module: Any, example: Sequence[Any], read: ReadModule) -> None:
        import torch  # an optional extra, which the caller has

        self.torch, self.read = torch, read
        self.notes: list[str] = []
        self.own: dict[str, None] = {}  # the backward passes that are not PyTorch's, by name
        self.example, self.form = torch.utils._pytree.tree_flatten(tuple(example))
        if len(self.example) != len(read.inputs):
            raise NotComparable("its inputs are not those of the program")
        self.double = True
        self.module, self.copied = self._copy(module)
        if not self.copied or not self._runs():
            self.double = False
            self.module, self.copied = self._copy(module)
            self.notes.append("compared with PyTorch in its own precision: the module does not run in float64")
        self._follow_hooks(module)
        self.network = self._emitted()

    def differences(self, point: ComparisonPoint = NEAR) -> dict[str, float]:
        """For every output and every parameter's gradient the largest difference, relative to the largest entry.

        Raises :class:`NotComparable` where PyTorch's are not finite.
        """
        try:
            return self._differences(self._run(point))
        finally:
            self._restore()

    def _differences(self, run: _Run) -> dict[str, float]:
        theirs = self._autograd(run, 1.0)
        values, ours = self._ours(run)
        found = {}
        for position, value in values.items():
            found[f"the output {position}"] = _apart(value, _array(run.outputs[position]), 0.0)
        floor = (1e-6 if self.double else 1e-3) * max((_largest(gradient) for gradient in theirs.values()), default=0.0)
        for key, gradient in theirs.items():
            found[f"the gradient of {key}"] = _apart(ours.get(key, np.zeros(gradient.shape)), gradient, floor)
        for scale in SCALES:
            try:
                scaled = self._autograd(run, scale)
            except NotComparable:  # half precision ends at 65504
                continue
            for key, gradient in scaled.items():
                what = f"the gradient of {key}, for sensitivities times {scale:.3g},"
                found[what] = _apart(theirs[key], gradient / scale, floor)
        return found

    def require_agreement(self) -> int:
        """At how many points all agree.

        Raises :class:`SpecError` with the name of a parameter whose gradient, or an output whose value, differs.
        """
        try:
            self._require(NEAR)
        except NotComparable:
            self._require(replace(NEAR, moved=False))
        points = 1
        for point in FAR if self.own else ():
            try:
                self._require(point)
                points += 1
            except NotComparable:
                continue
        if self.own:
            self.notes.append(
                f"a backward pass of its own ({', '.join(sorted(self.own))}) agrees with the derivative where they "
                f"were compared, at {points} points; elsewhere it may differ, and what is shown is of the derivative"
            )
        return points

    def _require(self, point: ComparisonPoint) -> None:
        differences = self.differences(point)
        if not any(what.startswith("the gradient") for what in differences):
            raise NotComparable("it has no parameters")
        for what, difference in differences.items():
            most = LARGEST_OF_ITS_OWN if self.own else LARGEST_DIFFERENCE
            if difference > (most if self.double else LARGEST_IN_SINGLE):
                remedy = "leave out what has a backward pass of its own, or take check = False: the program's gradient"
                problem = f"{what} differs from PyTorch's by {difference:.2g} of its largest entry (at a random point)"
                raise SpecError(self.read.architecture.name, problem, remedy)

    # -- the module --------------------------------------------------------------------------------------------------

    def _copy(self, module: Any) -> tuple[Any, bool]:
        """A copy, all of whose parameters have gradients; the module itself where it cannot be copied."""
        try:
            module = copy.deepcopy(module)
        except Exception:  # whatever a user's class raises
            return module, False
        for parameter in module.parameters():
            parameter.requires_grad_(parameter.is_floating_point())
            parameter.data = parameter.data.clone()  # a buffer that shares its memory is not moved with it
        return module.double() if self.double else module, True

    def _runs(self) -> bool:
        """Whether it runs; what it writes into its buffers is taken back."""
        try:
            self._run(ComparisonPoint(0, 0.0, moved=False))
        except NotComparable:
            return False
        return True

    def _follow_hooks(self, module: Any) -> None:
        """Hooks on parameters, which a copy is without."""
        parameters = dict(self.module.named_parameters())
        for key, parameter in module.named_parameters():
            hooks = list((parameter._backward_hooks or {}).values())
            if hooks or parameter._post_accumulate_grad_hooks:
                self.own[f"a hook of {key}"] = None
            for hook in hooks if self.copied and parameters[key].requires_grad else ():
                parameters[key].register_hook(hook)

    def _tensors(self) -> Iterator[tuple[str, Any]]:
        yield from self.module.named_parameters()
        yield from self.module.named_buffers()

    @cached_property
    def before(self) -> dict[str, Any]:
        """Parameters and buffers before the first run."""
        return {key: tensor.detach().clone() for key, tensor in self._tensors()}

    def _restore(self) -> None:
        with self.torch.no_grad():
            for key, tensor in self._tensors():
                if not tensor.is_leaf:  # a buffer that the module has computed from its weights
                    tensor.detach_()
                tensor.copy_(self.before[key])

    def _move(self, generator: Any) -> None:
        """Move the parameters by some of their size; what is 0 as well, as a layer is initialised."""
        for parameter in self.module.parameters():
            if parameter.is_floating_point() and parameter.numel():
                fan = int(np.prod(parameter.shape[1:]))
                least = 0.1 / fan**0.5 if parameter.ndim > 1 else 0.1
                width = least + 0.5 * float(parameter.detach().square().mean().sqrt())
                unit = 2 * self.torch.rand(parameter.shape, generator=generator, dtype=self.torch.float64) - 1
                parameter.data += (width * unit).to(parameter.dtype)

    def _near(self, value: Any, spread: float, generator: Any) -> Any:
        """An input near one of the example."""
        torch = self.torch
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            return value
        value = value.detach().double() if self.double else value.detach()
        if not spread or _is_mask(value):
            return value.clone()
        noise = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        return value + (spread * noise).to(value.dtype)

    def _arguments(self, leaves: list[Any]) -> Any:
        return self.torch.utils._pytree.tree_unflatten(leaves, self.form)

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Tensors that the module makes are float64 as well, and hooks that it registers are noticed."""
        torch, own = self.torch, self.own

        class Noticing(torch.overrides.TorchFunctionMode):  # type: ignore[name-defined]
            def __torch_function__(self, function: Any, types: Any, given: Any = (), named: Any = None) -> Any:
                if function is torch.Tensor.register_hook:
                    own["a hook of a tensor"] = None
                return function(*given, **(named or {}))

        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64 if self.double else before)
        try:
            with warnings.catch_warnings(), torch.enable_grad(), torch.random.fork_rng(devices=[]), Noticing():
                warnings.simplefilter("ignore")
                yield
        finally:
            torch.set_default_dtype(before)

    def _run(self, point: ComparisonPoint) -> _Run:
        torch, generator = self.torch, self.torch.Generator().manual_seed(point.seed)
        self._restore()  # what the run before has written into buffers
        if point.moved and self.copied:
            self._move(generator)
        inputs = [self._near(value, point.spread, generator) for value in self.example]
        try:
            with self._running():
                outputs, _ = torch.utils._pytree.tree_flatten(self.module(*self._arguments(inputs)))
        except Exception as error:  # whatever a user's class raises
            raise NotComparable(f"the module does not run ({str(error)[:100]})") from error
        if len(outputs) != len(self.read.outputs):
            raise NotComparable("its outputs are not those of the program")
        sensitivities = {
            position: torch.randn(value.shape, generator=generator, dtype=torch.float64).to(value.dtype)
            for position, value in enumerate(outputs)
            if isinstance(value, torch.Tensor) and value.is_floating_point()
        }
        self._notice(outputs)
        return _Run(inputs, outputs, sensitivities)

    def _notice(self, outputs: Sequence[Any]) -> None:
        """The backward passes that are not PyTorch's own, among all that autograd would call."""
        torch = self.torch
        stack = [value.grad_fn for value in outputs if isinstance(value, torch.Tensor)]
        seen: set[Any] = set()
        while stack:
            node = stack.pop()
            if node is not None and node not in seen:
                seen.add(node)
                stack += [further for further, _ in node.next_functions]
                foreign = isinstance(node, torch.autograd.function.BackwardCFunction) or "CppNode" in node.name()
                if foreign:
                    self.own[node.name().removesuffix("Backward")] = None

    def _autograd(self, run: _Run, scale: float) -> dict[str, np.ndarray]:
        """dC/dtheta for the sensitivities times a number, by the names of the parameters."""
        torch = self.torch
        named = {key: p for key, p in self.module.named_parameters() if p.requires_grad}
        pairs = [(run.outputs[k], scale * s) for k, s in run.sensitivities.items() if run.outputs[k].requires_grad]
        if not pairs or not named:
            return {key: np.zeros(p.shape) for key, p in named.items()}
        outputs, sensitivities = zip(*pairs, strict=True)
        try:
            found = torch.autograd.grad(
                outputs, list(named.values()), sensitivities, retain_graph=True, allow_unused=True,
                materialize_grads=True,
            )  # fmt: skip
        except Exception as error:  # whatever a user's backward pass raises
            raise NotComparable(f"autograd does not run ({str(error)[:100]})") from error
        found = tuple(slope.to_dense() if slope.is_sparse else slope for slope in found)
        if not all(torch.isfinite(value).all() for value in (*outputs, *found)):
            raise NotComparable("values or gradients at a random point are not finite")
        return {key: _entries(gradient) for key, gradient in zip(named, found, strict=True)}

    # -- what is emitted ---------------------------------------------------------------------------------------------

    def _emitted(self) -> EmittedNetwork:
        """The emitted module, for the sizes of the example."""
        architecture, sizes = self.read.architecture, dict[str, int]()
        for name, value in zip(self.read.inputs, self.example, strict=True):
            if name in architecture.by_input:
                pairs = zip(architecture.by_input[name].shape, value.shape, strict=True)
                sizes |= {str(n): int(m) for n, m in pairs if n.is_Symbol and str(n) not in sizes}
        if set(architecture.unknown_sizes) - set(sizes):
            raise NotComparable("sizes are only names")
        known = {name: sizes[name] for name in architecture.unknown_sizes}
        found = architecture.with_sizes(known) if known else architecture
        costs = (make_cost("abstract", c.input, found.shapes[c.input], owner=c.owner) for c in found.costs)
        return emitted_network(derive(replace(found, costs=tuple(costs))))

    def _ours(self, run: _Run) -> tuple[dict[int, np.ndarray], Mapping[str, np.ndarray]]:
        """The outputs that depend on an input, by position, and the gradients, by name."""
        module, architecture = self.network.module, self.network.derivation.architecture
        x = {
            name: _array(value)
            for name, value in zip(self.read.inputs, run.inputs, strict=True)
            if name in module.INPUTS
        }
        y = {cost.owner: np.zeros([int(extent) for extent in cost.target_shape]) for cost in architecture.costs}
        costs = {k: architecture.costs[end] for k, end in enumerate(self.read.outputs) if end is not None}
        for position, cost in costs.items():
            if position in run.sensitivities:
                y[cost.owner] = y[cost.owner] + _array(run.sensitivities[position])
        params = {**architecture.values, **self._parameters()}
        try:
            with np.errstate(all="ignore"):
                state = module.wavefront(params, x, y)
                gradients = module.gradients(params, x, y)[1]
        except ValueError as error:  # such as positions that are counted from the end
            remedy = "give an example whose integers are positions counted from 0"
            raise SpecError(architecture.name, f"its example cannot be run: {error}", remedy) from error
        except Exception as error:  # whatever emitted code raises
            problem = f"the code emitted for it does not run ({type(error).__name__}: {str(error)[:100]})"
            raise SpecError(architecture.name, problem, "take check = False, and please report this model") from error
        return {position: state.x[cost.input] for position, cost in costs.items()}, gradients

    def _parameters(self) -> dict[str, np.ndarray]:
        """The module's own, which were moved, and may have been read in single precision."""
        own = {key: _array(p) for key, p in self.module.named_parameters()}
        asked = {*self.network.module.PARAMETERS, *getattr(self.network.module, "CONSTANTS", {})}
        return {key: value for key, value in own.items() if key in asked}


def _entries(tensor: Any) -> np.ndarray:
    """A tensor's entries, where they lie; of floating-point numbers in double precision."""
    tensor = tensor.detach().cpu()
    return np.asarray((tensor.double() if tensor.is_floating_point() else tensor).numpy())


def _array(tensor: Any) -> np.ndarray:
    """The same as a copy: a module may write into its tensors."""
    return np.array(_entries(tensor))


def _is_mask(value: Any) -> bool:
    """Whether a tensor's entries are 0 and 1, both: what such a mask hides, (1 - m) * -1e38, would be far off."""
    return bool(((value == 0) | (value == 1)).all()) and len(value.unique()) == 2


def _apart(ours: Any, theirs: np.ndarray, floor: float) -> float:
    """The largest difference, relative to the largest entry; infinite where one is a number and the other is not."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        return float("inf")
    defined = np.isfinite(theirs)
    apart = ours - theirs if defined.all() else (ours - theirs)[defined]
    if not np.isfinite(apart).all():
        return float("inf")
    difference, scale = _largest(apart), max(_largest(theirs), floor)
    return 0.0 if not difference else difference / scale if scale else float("inf")


def _largest(array: np.ndarray) -> float:
    finite = array if np.isfinite(array).all() else array[np.isfinite(array)]
    return max(float(finite.max()), -float(finite.min())) if finite.size else 0.0


__all__ = ["AutogradComparison", "ComparisonPoint", "NotComparable"]
