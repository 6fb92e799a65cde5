"""The methods that came before, each from its own energy or field, on the same network.

bench.py       one sample, with any numbers     method.py      what is said of a method
energies.py    a method's energy, varied        beta_series.py series in beta;  verified_zero.py  equilibria in balls
side_by_side.py all of them                     ring_bench.py  the same over any ring;  nudged_states.py equilibria
the others     one family of methods each
"""

from dyadic.physics.rivals.side_by_side import LEFT_OUT, METHODS, Comparison, compare

__all__ = ["LEFT_OUT", "METHODS", "Comparison", "compare"]
