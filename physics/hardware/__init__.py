"""Devices that are not ideal: what they reach, derived and held against simulation.

feedback.py    weights of its own on the way back     additive_noise.py     its stationary covariance
readout.py     gradients read before T steps          finite_resolution.py  a bound for all devices of a tolerance
                                                        simulated.py          what a simulation of them can show
"""

from dyadic.physics.hardware.additive_noise import noise
from dyadic.physics.hardware.feedback import mismatch, mismatched, read
from dyadic.physics.hardware.finite_resolution import resolution
from dyadic.physics.hardware.readout import gradient_ranks, readout_claim

__all__ = ["gradient_ranks", "mismatch", "mismatched", "noise", "read", "readout_claim", "resolution"]
