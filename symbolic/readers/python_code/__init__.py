"""Forward and backward passes in Python code, read as equations; nothing of a file is executed or imported.

source_text.py        the syntax tree, its limits, and errors with line, column and caret
file_names.py         what the names at the head of a file stand for
pair_convention.py    which two functions are a pair, and what goes in and out;  written_shapes.py  of which shapes
code_statements.py, code_expressions.py, code_calls.py    the subset, followed statement by statement
code_scopes.py        what has variables of its own within functions;  library_values.py  constants
stored_arrays.py      what variables hold: arrays that may share memory
array_forms.py        an array as its entries;  array_functions.py, array_reductions.py, array_layout.py, array_made.py,
                      array_rearranged.py, ellipsis_letters.py  operations
partial_values.py     entries that may have no value, which a choice leaves out
array_indexed.py      arrays as indices;  subscript_bounds.py  integer expressions in them
function_table.py     the functions that are known;  call_arguments.py  how they take their arguments
forward_backward.py   a pair as equations
"""

from __future__ import annotations

from dyadic.symbolic.readers.python_code.forward_backward import (
    CodeFile,
    CodeGradient,
    CodePair,
    names_of,
    pairs_of,
)
from dyadic.symbolic.readers.python_code.pair_convention import pair_names
from dyadic.symbolic.readers.python_code.source_text import CodeError, NumbersNeeded

__all__ = ["CodeError", "CodeFile", "CodeGradient", "CodePair", "NumbersNeeded", "names_of", "pair_names", "pairs_of"]
