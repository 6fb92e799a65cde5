"""Numbers that show a claim to be wrong, to be checked by hand.

counterexample.py  the smallest part that fails         subnetwork.py  parts of a network
written.py         numbers in their exact form          numbers.py     derived adjoints against forward mode
"""
