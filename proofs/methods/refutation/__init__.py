"""Numbers that show a claim to be wrong, to be checked by hand.

counterexample.py  the smallest part that fails         subnetwork.py     parts of a network
written.py         numbers in their exact form          layer_problem.py  derived adjoints and differentiation
numbers.py         where the two differ                 agreement.py      that they agree, at some sizes
"""
