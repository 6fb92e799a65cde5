"""Proved, refuted or undecided.

decide.py       the verdict                             small_counterexample.py  at the network's own sizes
sizes.py        at which sizes (blocks.py, counting.py) assignments.py  the values of the integers
function_degrees.py  how often functions multiply what they are of
defined.py      whether both sides are defined anywhere theorem.py      numbers of steps and step sizes
"""
