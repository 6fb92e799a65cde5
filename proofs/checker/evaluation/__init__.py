"""Index equations evaluated modulo a prime, in fractions and in enclosures, with code of the checker's own.

equations.py    values and slopes of definitions        domain.py      where logarithms, roots, divisions are defined
degrees.py      degrees, for the probability of error   kind_pairing.py  one layer against its own definitions
own_sizes.py    one layer at all sizes of a network     prime_numbers.py  as large as a degree asks for
simulation.py   the whole network                       relaxation.py  all steps on opaque terms
stand_ins.py    fractions, piecewise linear functions   linear_deviation.py  other step sizes
affine.py       which networks are linear               enclosed_numbers.py  the true functions, enclosed
maxima.py        whether a maximum is over nothing
reciprocity_entry.py  the flow has no potential
"""
