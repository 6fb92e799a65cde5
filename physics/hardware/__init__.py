"""Devices that are not ideal: what they reach, derived and held against simulation.

feedback.py    weights of its own on the way back     noise.py     additive noise, stationary covariance
readout.py     gradients read before T steps          resolution.py  values of finite resolution
"""
