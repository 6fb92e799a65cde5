"""Every printed equation is the one that the graph demands.

demands.py      what each tag has to say                equation_instances.py  compared with what it says
normal_form.py  two ways of writing one equation        divisions.py, elimination.py  its floors and sums
entrywise.py    entry by entry, where two forms differ
"""
