"""The ellipsis of an einsum as letters of its own."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from dyadic.symbolic.readers.python_code.array_forms import FormArray
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, ShapesDoNotFit


def without_ellipsis(terms: list[str], result: str | None, arrays: Sequence[FormArray]) -> tuple[list[str], str]:
    """An einsum with letters of their own for the axes that an ellipsis stands for."""
    used = set("".join(terms)) | set(result or "")
    free = [letter for letter in ascii_letters if letter not in used]
    counts = [len(array.shape) - len(term.replace("...", "")) for term, array in zip(terms, arrays, strict=False)]
    most = max((n for n, term in zip(counts, terms, strict=False) if "..." in term), default=0)
    if min(counts, default=0) < 0 or most > len(free) or any(text.count(".") not in (0, 3) for text in terms):
        raise ShapesDoNotFit("an einsum whose letters do not fit its arrays")
    for n, term, array in zip(counts, terms, arrays, strict=False):
        places = range(term.find("..."), term.find("...") + n) if "..." in term else ()
        if (n < most and "..." in term) or any(array.shape[k] == 1 for k in places):
            raise NotInSubset("an einsum in which an ellipsis repeats what one array lacks")
    own = "".join(free[:most])
    if result is None:
        letters = "".join(terms).replace(".", "")
        result = "..." + "".join(sorted(one for one in set(letters) if letters.count(one) == 1))
    if most and "..." not in result:
        raise NotInSubset("an einsum that leaves out what an ellipsis stands for")
    return [term.replace("...", own) for term in terms], result.replace("...", own)
