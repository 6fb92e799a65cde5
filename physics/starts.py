"""What a simulation starts from: parameters, data and the initial state, drawn with a seed or read from .npz files.

A file's arrays are named as everywhere: a parameter ``hidden.weight``, an input ``image``, the target ``y``
(``y:cost2`` where there are several), a state's variable ``x:hidden`` or ``s:hidden``.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.codegen.emulator.module_comparison import NoFiniteValues, finite_draw
from dyadic.physics.given_arrays import Arrays, Shape, Wanted, few_samples
from dyadic.physics.given_numbers import whole
from dyadic.physics.loading import EmittedNetwork
from dyadic.physics.updates import DoubledState, Updates
from dyadic.symbolic.errors import DyadicError

Source = Arrays | str | Path
"""Arrays by name, or the path of an .npz file of them."""


def problem(
    network: EmittedNetwork, params: Source | None, data: Source | None, batch: int | None, seed: int
) -> tuple[Any, Any, Any]:
    """(parameters, inputs, target).

    What is None is drawn with the seed, in a domain in which every function of the network has a value.
    batch: how many samples are drawn, 1 where it is None; data has its own number.
    Raises :class:`DyadicError` where a file or mapping does not have exactly the arrays that the network needs, all
    real and finite, and where backpropagation is not finite at them.
    """
    count = _samples_drawn(network, data, batch)
    whole("seed", seed)
    p = None if params is None else parameters(network).taken(params)
    sample = None if data is None else _data(network, data)
    if p is not None and sample is not None:
        given = (p, *sample)
    else:
        drawn = _drawn(network, count, seed)
        given = (drawn[0] if p is None else p, *(drawn[1:] if sample is None else sample))
    if p is not None or sample is not None:
        _has_values(network, given, (("parameters", params), ("data", data)))
    return given


def _samples_drawn(network: EmittedNetwork, data: Source | None, batch: int | None) -> int:
    if batch is None:
        return 1
    count = whole("batch", batch, 1)
    if data is not None:
        raise DyadicError("batch: is how many samples are drawn, and the data that is given has its own; leave it out")
    if not network.batched and count > 1:
        raise DyadicError("batch: the tensors of this model carry an axis of samples of their own; leave it out")
    few_samples("batch", count, _per_sample(network))
    return count


def _per_sample(network: EmittedNetwork) -> int:
    """How many numbers one sample takes: inputs, targets, activations and sensitivities."""
    module = network.module
    kept = [*module.INPUTS.values(), *module.TARGETS.values(), *module.VERTICES.values(), *module.VERTICES.values()]
    return sum(prod(shape) for shape in kept)


def _drawn(network: EmittedNetwork, count: int, seed: int) -> tuple[Any, Any, Any]:
    try:
        found: tuple[Any, Any, Any] = finite_draw(
            network.derivation, _on_host(network.module), count, seed, network.module.DTYPE
        )
    except NoFiniteValues as error:
        raise DyadicError(f"no parameters were found at which {error}; give --params and --data") from error
    except (RuntimeError, ValueError) as error:  # a target without its device, or kernels that cannot count so far
        raise DyadicError(str(error)) from error
    return found


def parameters(network: EmittedNetwork, what: str = "parameters", dtype: Any = None) -> Wanted:
    """The parameters of a network, and the constants that came with a model."""
    module = network.module
    return Wanted(what, {**module.PARAMETERS, **getattr(module, "CONSTANTS", {})}, dtype or module.DTYPE)


def taken(network: EmittedNetwork, params: Arrays, x: Any, y: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """(parameters, inputs, target) as an emitted module takes them, of a type.

    x, y: arrays by name, or the one array that there is.  Raises :class:`DyadicError` as :func:`problem` does.
    """
    data = _named("x", x, {name: name for name in network.module.INPUTS})
    data |= _named("y", y, _target_keys(network))
    return (parameters(network, dtype=dtype).taken(params), *_data(network, data, dtype))


def _named(letter: str, given: Any, keys: Mapping[str, str]) -> dict[str, Any]:
    """Arrays by the names that a file has for them."""
    if isinstance(given, Mapping):
        return {keys.get(name, f"{letter}:{name}"): array for name, array in given.items()}
    if len(keys) > 1:
        raise DyadicError(f"{letter}: is one array; give a mapping with the names {', '.join(list(keys)[:8])}")
    return dict.fromkeys(keys.values(), given)


def _target_keys(network: EmittedNetwork) -> dict[str, str]:
    """What a file calls the target of every cost."""
    owners = list(network.module.TARGETS)
    return {owner: f"y:{owner}" if len(owners) > 1 else "y" for owner in owners}


def _data(network: EmittedNetwork, data: Source, dtype: Any = None) -> tuple[Any, Any]:
    """(inputs, target)."""
    module, costs = network.module, network.derivation.architecture.costs
    lead: Shape = (None,) if network.batched else ()
    keys = _target_keys(network)
    shapes = {name: (*lead, *shape) for name, shape in module.INPUTS.items()}
    shapes |= {keys[owner]: (*lead, *shape) for owner, shape in module.TARGETS.items()}
    integers = {*getattr(module, "BELOW", {}), *(keys[c.owner] for c in costs if c.equation.target_role == "index")}
    found = Wanted("data", shapes, dtype or module.DTYPE, integers, _per_sample(network)).taken(data)
    y = {owner: found[key] for owner, key in keys.items()}
    return {name: found[name] for name in module.INPUTS}, y if len(y) > 1 else next(iter(y.values()))


def _has_values(network: EmittedNetwork, given: tuple[Any, Any, Any], sources: Any) -> None:
    """Refuse numbers at which backpropagation overflows, or a function of the network has no value."""
    where = " and ".join(str(source) if isinstance(source, str | Path) else what for what, source in sources
                         if source is not None)  # fmt: skip
    module = _on_host(network.module)
    try:
        with np.errstate(all="ignore"):
            loss, gradients = module.gradients(*given)
            state = module.wavefront(*given)
    except (RuntimeError, ValueError, TypeError) as error:
        raise DyadicError(f"{where}: {error}") from error
    parts = {"the cost": loss, **{f"x:{n}": a for n, a in state.x.items()}, **{f"s:{n}": a for n, a in state.s.items()}}
    for name, array in (parts | {f"the gradient of {n}": a for n, a in gradients.items()}).items():
        if not np.isfinite(array).all():
            raise DyadicError(f"{where}: {name} is not finite there, and nothing can be compared; give others")


def start(updates: Updates, how: Source | DoubledState, seed: int) -> DoubledState:
    """The initial state: ``zero``, ``random`` (standard normal), a state, or arrays ``x:NAME``, ``s:NAME``."""
    if isinstance(how, DoubledState):
        how = {f"{letter}:{n}": a for letter, part in (("x", how.x), ("s", how.s)) for n, a in part.items()}
    module, lead = updates.network.module, (updates.batch,) if updates.network.batched else ()
    shapes = {f"{letter}:{name}": (*lead, *module.VERTICES[name]) for letter, name in updates.variables}
    if isinstance(how, str) and how == "zero":
        values: dict[str, Any] = {name: np.zeros(shape) for name, shape in shapes.items()}
    elif isinstance(how, str) and how == "random":
        random = np.random.default_rng(whole("seed", seed))
        values = {name: random.standard_normal(shape) for name, shape in shapes.items()}
    else:
        values = Wanted("initial state", shapes, module.DTYPE).taken(how)
    placed = {n: updates.network.arrays.asarray(value, dtype=module.DTYPE) for n, value in values.items()}
    return DoubledState(*({n: placed[f"{letter}:{n}"] for n in updates.vertices} for letter in "xs"))


def _on_host(module: Any) -> Any:
    """The module as one that gives NumPy arrays, which what is drawn is judged by."""
    return _Host(module) if hasattr(module, "cp") else module


class _Host:
    """A module on a device whose results are brought back."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.PARAMETERS, self.INPUTS, self.TARGETS = module.PARAMETERS, module.INPUTS, module.TARGETS
        self.BELOW = getattr(module, "BELOW", {})

    def gradients(self, *arguments: Any) -> Any:
        loss, found = self._module.gradients(*arguments)
        return self._module.cp.asnumpy(loss), {name: self._module.cp.asnumpy(g) for name, g in found.items()}

    def wavefront(self, *arguments: Any) -> DoubledState:
        state = self._module.wavefront(*arguments)
        host = self._module.cp.asnumpy
        return DoubledState({n: host(a) for n, a in state.x.items()}, {n: host(a) for n, a in state.s.items()})


__all__ = ["Source", "parameters", "problem", "start", "taken"]
