"""In what the two sides of a claim are compared.

rings.py        degrees; exact numbers                  draws.py       small numbers to try
closed.py       functions with their algebra (atoms.py, laurent.py, function_facts.py)
"""
