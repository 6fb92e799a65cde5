"""Networks of vectors as matrix products over a prime field.

vector_network.py  equations and schedules              matrices.py    index equations as matrix operations
algebras.py        what vectors and matrices are made of
"""
