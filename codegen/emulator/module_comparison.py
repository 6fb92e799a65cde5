"""Two emitted modules of one network on the same random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from dyadic.symbolic.derivation import Derivation

INTERVALS = (None, (0.2, 2.0), (0.1, 0.9), (1.1, 2.0))
"""Where to draw inputs from (None: normal): the first in which all functions of a network have values."""


class NoFiniteValues(ValueError):
    """No interval was found in which all results of a network are finite."""


def draw(
    derivation: Derivation,
    module: Any,
    batch: int,
    seed: int,
    dtype: Any = np.float64,
    interval: tuple[float, float] | None = None,
) -> tuple[Any, Any, Any]:
    """Parameters (a model's own where it has some), inputs and targets of any network; integers where wanted."""
    architecture, random = derivation.architecture, np.random.default_rng(seed)

    def numbers(shape: tuple[int, ...]) -> Any:
        values = random.uniform(*interval, shape) if interval else random.normal(size=shape) * 0.7
        return values.astype(dtype)

    lead = () if architecture.explicit_batch else (batch,)
    # Weights by the number of their inputs: a saturated tanh would tie, in single precision, what a maximum compares.
    params = {
        name: numbers(shape) if interval else (numbers(shape) / max(1, np.prod(shape[1:])) ** 0.5).astype(dtype)
        for name, shape in module.PARAMETERS.items()
    }
    params |= {name: np.asarray(value, dtype) for name, value in architecture.values.items()}
    for vertex in architecture.vertices:  # a variance is not negative
        params |= {name: np.abs(params[name]) + 0.1 for name in [f"{vertex.name}.variance"] if name in params}
    below = getattr(module, "BELOW", {})
    x = {
        name: random.integers(0, below[name], (*lead, *shape)) if name in below else numbers((*lead, *shape))
        for name, shape in module.INPUTS.items()
    }
    y = {}
    for cost in architecture.costs:
        shape = (*lead, *module.TARGETS[cost.owner])
        if cost.equation.target_role == "index":
            y[cost.owner] = random.integers(0, int(cost.shape[-1]), shape)
        else:
            values = random.random(shape) + 0.1
            y[cost.owner] = (values / values.sum(axis=-1, keepdims=True) if values.ndim else values).astype(dtype)
    return params, x, y if len(y) > 1 else next(iter(y.values()))


def finite_draw(derivation: Derivation, reference: Any, batch: int, seed: int, dtype: Any = np.float64) -> Any:
    """The same, from the first interval in which every result of the reference is finite."""
    for interval in INTERVALS:
        given = draw(derivation, reference, batch, seed, dtype, interval)
        with np.errstate(all="ignore"):
            loss, gradients = reference.gradients(*given)
            state = reference.wavefront(*given)
        arrays = [loss, *gradients.values(), *state.x.values(), *state.s.values()]
        if all(np.isfinite(array).all() for array in arrays):
            return given
    raise NoFiniteValues("the reference has no finite values to compare with")


def differences(module: Any, reference: Any, given: Any) -> dict[str, float]:
    """Relative differences of two modules' loss, gradients, activations and sensitivities, by name.

    A gradient that is zero but for rounding has no digits to compare: magnitudes count as at least a thousandth of the
    largest of their kind.  NaN stays NaN; an array that is missing or of another shape is infinitely wrong.
    """
    loss, gradients = module.gradients(*given)
    wanted_loss, wanted = reference.gradients(*given)
    exact, wanted_state = module.wavefront(*given), reference.wavefront(*given)
    found = {"loss": float(abs(loss - wanted_loss) / max(abs(wanted_loss), 1e-3))}
    groups = (("g", gradients, wanted), ("x", exact.x, wanted_state.x), ("s", exact.s, wanted_state.s))
    for letter, mine, theirs in groups:
        largest = max((np.max(np.abs(array), initial=0) for array in theirs.values()), default=0)
        for name, array in theirs.items():
            scale = max(float(np.max(np.abs(array), initial=0)), 1e-3 * float(largest), 1e-300)
            same = name in mine and mine[name].shape == array.shape
            found[f"{letter}:{name}"] = float(np.max(np.abs(mine[name] - array), initial=0)) / scale if same else np.inf
    return found


class Nudged:
    """A module that is given the next number above or below each number of what it is given, by chance."""

    def __init__(self, module: Any, seed: int) -> None:
        self._module, self._seed = module, seed

    def _near(self, given: Any) -> Any:
        random = np.random.default_rng(self._seed)

        def near(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: near(one) for name, one in value.items()}
            if value.dtype.kind != "f":
                return value
            return np.nextafter(value, np.where(random.random(value.shape) < 0.5, -np.inf, np.inf).astype(value.dtype))

        return [near(value) for value in given]

    def gradients(self, *given: Any) -> Any:
        return self._module.gradients(*self._near(given))

    def wavefront(self, *given: Any) -> Any:
        return self._module.wavefront(*self._near(given))


def worst(*found: dict[str, float]) -> tuple[str, float]:
    """Where the largest difference of one comparison or several is, and how large; NaN is larger than any."""
    return max((item for one in found for item in one.items()), key=lambda item: np.nan_to_num(item[1], nan=np.inf))
