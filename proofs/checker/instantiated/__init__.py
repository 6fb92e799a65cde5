"""Every printed equation is the one that the graph demands.

demands.py        what each tag has to say              equation_instances.py  compared with what it says
letters.py        an equation as it is written          entrywise.py           where two differ, an entry that shows it
integer_forms.py  one form for each index and bracket   divisions.py, polynomials.py  what that is made of
"""
