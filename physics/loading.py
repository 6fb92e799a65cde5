"""Emitted code, ready to be called: a module of the network and the plan of what it calls for which vertex."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from dyadic.codegen import TARGET_TYPES
from dyadic.codegen.assembly import DTYPES, Target, emit_module
from dyadic.codegen.numpy_target import NumpyTarget
from dyadic.codegen.plan import Plan, RoutineCall
from dyadic.physics.module_runner import imported_from
from dyadic.scratch import temporary_folder
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError


@dataclass(frozen=True)
class EmittedNetwork:
    """A network's emitted module, imported.

    text, module: what ``dyadic emit`` writes, and that imported.
    plan: which of its functions is called for which vertex, from what.
    """

    derivation: Derivation
    text: str
    module: ModuleType
    target: Target

    @property
    def plan(self) -> Plan:
        return self.target.plan

    @property
    def batched(self) -> bool:
        """Whether arrays have a leading batch axis that the code adds."""
        return not self.derivation.architecture.explicit_batch

    @property
    def arrays(self) -> Any:
        """The array library, numpy or cupy."""
        return getattr(self.module, self.target.array_module)

    def called(self, call: RoutineCall, arguments: list[Any]) -> Any:
        """The result of the emitted function that a call is to; a forward or "bars" routine gives a tuple."""
        return getattr(self.module, self.target.called(call))(*arguments)


def emitted_network(derivation: Derivation, target: str = "numpy", dtype: str = "float64") -> EmittedNetwork:
    """Emit a network's module and import it.

    target: ``numpy``, ``c`` or ``cupy``.  dtype: ``float32`` or ``float64``.
    Raises :class:`DyadicError` for another target or dtype, and for a size that is still a name.
    """
    for what, given, known in (("target", target, tuple(TARGET_TYPES)), ("dtype", dtype, DTYPES)):
        if given not in known:
            raise DyadicError(f"nothing runs with the {what} {given!r}; choose one of {', '.join(known)}")
    return _loaded(TARGET_TYPES[target](derivation, dtype))


def exact_network(derivation: Derivation) -> EmittedNetwork:
    """The network emitted for NumPy with the equations' own numbers, of which 7/10 is no double.

    Its layers' functions run in ball arithmetic alone (:func:`dyadic.physics.sure_decisions.with_sure_decisions`).
    """
    return _loaded(NumpyTarget(derivation, "float64", exact=True))


def _loaded(made: Target) -> EmittedNetwork:
    derivation, text = made.derivation, emit_module(made)
    module = imported(text)
    for name in getattr(module, "POSITIONS", ()):  # the file beside a module, of which there is none here
        module.POSITIONS[name] = derivation.architecture.values[name]
    return EmittedNetwork(derivation, text, module, made)


def imported(text: str) -> ModuleType:
    """Our own emitted text as a module, imported from a file that is gone afterwards."""
    with temporary_folder() as folder:
        path = folder / "emitted.py"
        path.write_text(text, encoding="utf-8")
        return imported_from(path)


__all__ = ["EmittedNetwork", "emitted_network", "exact_network", "imported"]
