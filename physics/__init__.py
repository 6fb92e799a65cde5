"""What happens on the way: relaxations to experiment with, beside the methods that they replace.

loading.py     emitted code, imported             updates.py     every variable's update, energy and gradients by it
starts.py      parameters, data, initial states   orders.py      schedules
dynamics.py    the relaxation                     flows.py       in continuous time
trajectory.py  what it did, step by step
"""

from __future__ import annotations

from dyadic.physics.dynamics import relax
from dyadic.physics.trajectory import Trajectory

__all__ = ["Trajectory", "relax"]

if __name__ != "dyadic.physics":  # one module must not exist under two names
    raise ImportError("import dyadic.physics, not physics: the folder is a part of the package dyadic")
