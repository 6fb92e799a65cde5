"""Integer index expressions: bounds, a normal form, and sums of which a bracket picks one term.

Sizes may be names or numbers; the same rules serve the deriver, the instantiation at a network's sizes and the code
generators.
"""

from dyadic.symbolic.indices.index_bounds import Ranges, bounds, is_inside, numeric
from dyadic.symbolic.indices.simplifier import divisible, multiples, simplify, simplify_bracket, tidy
from dyadic.symbolic.indices.sums import simplified, solve_same

__all__ = [
    "Ranges", "bounds", "divisible", "is_inside", "multiples", "numeric", "simplified", "simplify", "simplify_bracket",
    "solve_same", "tidy",
]  # fmt: skip
