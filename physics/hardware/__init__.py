"""Devices that are not ideal: what they reach, derived and held against simulation.

feedback.py    weights of its own on the way back     additive_noise.py     its stationary covariance
readout.py     gradients read before T steps          finite_resolution.py  all devices of a tolerance, and some tried
simulated.py   what a simulation of them can show     resolution_bounds.py  how far all of them can be
without_rounding.py  devices in balls, where the simulation's rounding hides on which side of a bound they are
"""

from dyadic.physics.hardware.additive_noise import noise
from dyadic.physics.hardware.feedback import mismatch, mismatched, read
from dyadic.physics.hardware.finite_resolution import resolution
from dyadic.physics.hardware.readout import gradient_ranks, readout_claim

__all__ = ["gradient_ranks", "mismatch", "mismatched", "noise", "read", "readout_claim", "resolution"]
