"""The methods: each in one file that says what it proves, what it trusts and what it is blind to.

registry.py lists them by name.  The organs of some have folders of their own: adjoint/ finds the proof of a layer's
equations, vectors/ is the calculus of residues.py, refutation/ finds numbers at which something fails and writes them
down; shared/ is what several use.
"""
