"""The methods: each in one file that says what it proves, what it trusts and what it is blind to.

registry.py lists them by name.  Beside them stand what several share: forms.py, terms.py, simplify.py and numbers.py
belong to adjoint.py; algebras.py, matrices.py and vectors.py to residues.py; comparison.py, counterexample.py,
subnetwork.py and written.py find and write the numbers of a refutation; layers.py takes every layer kind once.
"""
