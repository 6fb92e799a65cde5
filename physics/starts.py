"""What a simulation starts from: parameters, data and the initial state, drawn with a seed or read from .npz files.

A file's arrays are named as everywhere: a parameter ``hidden.weight``, an input ``image``, the target ``y``
(``y:cost2`` where there are several), a state's variable ``x:hidden`` or ``s:hidden``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.codegen.emulator.module_comparison import finite_draw
from dyadic.physics.loading import EmittedNetwork
from dyadic.physics.updates import Array, DoubledState, Updates
from dyadic.symbolic.errors import DyadicError

Arrays = Mapping[str, Any]


def given(source: Arrays | str | Path) -> dict[str, Any]:
    """Arrays by name: a mapping as it is, or what an .npz file holds."""
    if isinstance(source, Mapping):
        return dict(source)
    try:
        found = np.load(source, allow_pickle=False)
        if isinstance(found, np.ndarray):
            raise ValueError
        with found as file:
            return dict(file)
    except OSError as error:
        raise DyadicError(f"{source}: cannot be read ({error.strerror or error}); give an .npz file") from error
    except (ValueError, EOFError) as error:
        raise DyadicError(f"{source}: is no .npz file of plain arrays; write one with numpy.savez") from error


def _chosen(arrays: Mapping[str, Any], names: list[str], what: str) -> dict[str, Any]:
    """The arrays of these names, all of them and no others."""
    for problem, found in (("lacks", set(names) - set(arrays)), ("has, unasked,", set(arrays) - set(names))):
        if found:
            raise DyadicError(f"{what}: {problem} {', '.join(sorted(found)[:5])}; it needs {', '.join(names[:8])}")
    return {name: arrays[name] for name in names}


def problem(
    network: EmittedNetwork, params: Arrays | str | Path | None, data: Arrays | str | Path | None, batch: int, seed: int
) -> tuple[Any, Any, Any]:
    """(parameters, inputs, target).

    What is None is drawn with the seed, in a domain in which every function of the network has a value.  Raises
    :class:`DyadicError` where a file or mapping does not have exactly the arrays that the network needs.
    """
    module = network.module
    try:
        drawn = finite_draw(network.derivation, _on_host(module), batch, seed, module.DTYPE)
    except ValueError as error:
        raise DyadicError(f"no parameters were found at which {error}; give --params and --data") from error
    except RuntimeError as error:  # a target without its device
        raise DyadicError(str(error)) from error
    p, x, y = drawn
    if params is not None:
        names = [*module.PARAMETERS, *getattr(module, "CONSTANTS", {})]
        p = _chosen(given(params), names, "parameters")
    if data is not None:
        targets = list(module.TARGETS)
        keys = {"y": targets[0]} if len(targets) == 1 else {f"y:{owner}": owner for owner in targets}
        arrays = _chosen(given(data), [*module.INPUTS, *keys], "data")
        x = {name: arrays[name] for name in module.INPUTS}
        y = arrays["y"] if len(targets) == 1 else {owner: arrays[key] for key, owner in keys.items()}
    return p, x, y


def start(updates: Updates, how: str | Path | Arrays | DoubledState, seed: int) -> DoubledState:
    """The initial state: ``zero``, ``random`` (standard normal), a state, or arrays ``x:NAME``, ``s:NAME``."""
    if isinstance(how, DoubledState):
        how = {f"{letter}:{name}": how[letter, name] for letter, name in updates.variables}
    module, lead = updates.network.module, (updates.batch,) if updates.network.batched else ()
    shapes = {f"{letter}:{name}": (*lead, *module.VERTICES[name]) for letter, name in updates.variables}
    if how == "zero":
        values: dict[str, Array] = {name: np.zeros(shape) for name, shape in shapes.items()}
    elif how == "random":
        random = np.random.default_rng(seed)
        values = {name: random.standard_normal(shape) for name, shape in shapes.items()}
    else:
        values = _chosen(given(how), list(shapes), "initial state")
    for name, shape in shapes.items():
        if np.shape(values[name]) != shape:
            raise DyadicError(f"initial state: {name} has shape {np.shape(values[name])}; give one of {shape}")
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


__all__ = ["Arrays", "given", "problem", "start"]
