"""Symbols of LaTeX and the text notation that they stand for."""

from __future__ import annotations

import re

SYMBOLS = {
    r"\cdot": "\u00b7", r"\times": "\u00d7", r"\ast": "*",
    r"\leftarrow": "<-", r"\gets": "<-", r"\rightarrow": "<-", r"\to": "<-", r"\coloneqq": "=",
    r"\equiv": "=", r"\triangleq": "=", r"\doteq": "=",
    r"\le": "<=", r"\leq": "<=", r"\ge": ">=", r"\geq": ">=", r"\ne": "!=", r"\neq": "!=", r"\mid": "|",
    r"\bmod": "mod", r"\pi": "pi", r"\lt": "<", r"\gt": ">", r"\rbrace": ")", r"\lbrace": "(", r"\{": "(", r"\}": ")",
    "=": "=", ":=": "=", "+": "+", "-": "-",
    "*": "*", "/": "/", ":": ":", "(": "(", ")": ")", ",": ",", "<": "<", ">": ">", r"\odot": ".*", r"\circ": ".*",
    r"\otimes": "\u2297",
    r"\rfloor": ")", r"\lfloor": "floor(", r"\lceil": "(-floor(-(", r"\rceil": ")))",
}  # fmt: skip
REDUCTIONS = {
    r"\sum": "Sum", r"\max": "Max", r"\min": "Min", "LSE": "LogSumExp", "logsumexp": "LogSumExp", "argmax": "ArgMax",
    "max": "Max", "min": "Min",
}  # fmt: skip
TRANSPOSED = (r"\top", r"\intercal", "T")
UPRIGHT = (r"\mathsf", r"\mathrm", r"\text", r"\textrm", r"\mathbf", r"\mathit", r"\mathtt", r"\textsf")
"""Fonts of the T of a transposed tensor."""
FRACTIONS = (r"\frac", r"\tfrac", r"\dfrac")
CALLS = ("diag", "trace", "softmax", "sum", "mean", "vec")
"""Functions of whole tensors."""
INDICATOR = {r"\mathbb", r"\mathds", r"\mathbf", r"\mathbbm"}
RELATIONS = ("=", "<", "<=", ">", ">=", "!=", "|")
ENDS = {*RELATIONS, "<-", "+", "-", ")", "]", ",", ":", "mod", ")))", r"\right"} - {"|"}
"""What follows no factor."""
LISTED = re.compile(r"\s*(?:[a-z]\d*|\d+)(?:\s*[a-z]\d*|\s+\d+)*\s*")
FUNCTION_OF = re.compile(r"(\w+) \( (.*) \)")
"""A function of an argument."""
