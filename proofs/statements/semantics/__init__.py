"""What a statement says: its equalities, over the quantities that the energy defines.

vocabulary.py   the names that a claim may use          equation.py    a statement -> equalities
meaning.py      the quantities, defined by the energy   ranges.py      what every index runs over
scope.py        expressions over a ring                 premises.py    what a claim takes for granted
reach.py        the vertices that a claim depends on    hypotheses.py  the same in words
quantities.py   what the kind of a quantity says        given.py       constants with given values
author_names.py names that the author gave              matrix_form.py whole tensors, put into entries
shown.py        expressions as text                     whole_tensors.py shapes and products of whole tensors
slopes.py       derivatives of one quantity by another
"""
