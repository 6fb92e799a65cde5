"""Index equations evaluated modulo a prime, with code of the checker's own.

equations.py    values and slopes of definitions        domain.py      where logarithms, roots, divisions are defined
degrees.py      degrees, for the probability of error   kind_pairing.py  one layer against its own definitions
own_sizes.py    one layer at all sizes of a network     linearity.py   which networks are linear
simulation.py   the whole network                       relaxation.py  all steps on opaque terms
"""
