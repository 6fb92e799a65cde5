"""Devices that are not ideal: what they reach, derived and held against simulation.

feedback.py    weights of its own on the way back     noise.py       additive noise, stationary covariance
readout.py     gradients read before T steps          resolution.py  values of finite resolution
"""

from dyadic.physics.hardware.feedback import mismatch, mismatched, read
from dyadic.physics.hardware.noise import noise
from dyadic.physics.hardware.readout import gradient_ranks, readout_claim
from dyadic.physics.hardware.resolution import resolution

__all__ = ["gradient_ranks", "mismatch", "mismatched", "noise", "read", "readout_claim", "resolution"]
