"""What happens on the way: relaxations to experiment with, beside the methods that they replace.

loading.py     emitted code, imported             updates.py     every variable's update, energy and gradients by it
starts.py      parameters, data, initial states   given_arrays.py, given_numbers.py   what a caller gives, checked
orders.py      schedules                          gradient_error.py                 how wrong a gradient is
held_values.py where the update of s is not dE/dx, as the program holds a value constant
dynamics.py    the relaxation                     flows.py       in continuous time
trajectory.py  what it did, step by step          spectrum.py, deviation.py, linearity.py, energy_rates.py  closed forms
number_types.py, enclosures.py   the emitted code on balls, slopes and series      words.py  identities of linear maps
module_process.py, module_runner.py   a module that somebody emitted, in a process of its own
sure_decisions.py, rounding.py   the rounding errors of one run, enclosed;  certified_run.py which run it is
hardware/      devices that are not ideal         rivals/        the methods that came before
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dyadic.physics.dynamics import relax
    from dyadic.physics.rivals import Comparison, compare
    from dyadic.physics.rounding import RoundingCertificate, certify
    from dyadic.physics.trajectory import Trajectory

_HOME = {
    "relax": "dynamics", "Trajectory": "trajectory", "Comparison": "rivals", "compare": "rivals",
    "RoundingCertificate": "rounding", "certify": "rounding",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """A public name, when it is first asked for: a relaxation needs none of what a comparison needs."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


__all__ = ["Comparison", "RoundingCertificate", "Trajectory", "certify", "compare", "relax"]

if __name__ != "dyadic.physics":  # one module must not exist under two names
    raise ImportError("import dyadic.physics, not physics: the folder is a part of the package dyadic")
