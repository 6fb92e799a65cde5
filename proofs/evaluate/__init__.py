"""Evaluation of a certificate's network in several number systems; nothing here comes from the code that derives.

integers.py, bodies.py   index equations compiled to closures       network.py   layers and costs
number_rings.py, reals.py number systems to evaluate in              drawn_sizes.py small instances
simulate.py              relaxation and backpropagation
identity_values.py       the two agree (exact evaluation)           tightness_witness.py one step fewer is not enough
"""
