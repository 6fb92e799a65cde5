"""Proved, refuted or undecided.

decide.py       the verdict                             small_counterexample.py  at the network's own sizes
sizes.py        at which sizes (blocks.py, counting.py) assignments.py  the values of the integers
defined.py      whether both sides are defined anywhere theorem.py      numbers of steps and step sizes
"""
