"""Identities between linear maps, decided by rewriting: sums of words in the maps' letters, applied to a vector.

A word such as ("J^-T", "c") stands for J^-T c.  A letter and its inverse cancel where they meet, and the equations that
define a quantity are oriented into rules (left-hand side: a word's end; right-hand side: a sum of words).  Two sides
with one normal form are equal for all maps and vectors of any dimension that satisfy the rules.  Nothing is concluded
from two normal forms that differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from dyadic.proofs.checker.trust import called

WORDS = "the rewriting of words in physics/words.py"
Word = tuple[str, ...]


class Sum:
    """A linear combination of words."""

    def __init__(self, terms: Mapping[Word, Fraction | int]) -> None:
        self.terms = {word: Fraction(number) for word, number in terms.items() if number}

    def __add__(self, other: Sum) -> Sum:
        return Sum({w: self.terms.get(w, 0) + other.terms.get(w, 0) for w in {**self.terms, **other.terms}})

    def __sub__(self, other: Sum) -> Sum:
        return self + (-1) * other

    def __rmul__(self, number: Fraction | int) -> Sum:
        return Sum({word: number * value for word, value in self.terms.items()})

    def after(self, *letters: str) -> Sum:
        """The maps applied to it, the first of them last."""
        return Sum({(*letters, *word): value for word, value in self.terms.items()})

    def __str__(self) -> str:
        return " + ".join(f"{n if n != 1 else ''} {' '.join(w)}".strip() for w, n in self.terms.items()) or "0"


def word(*letters: str) -> Sum:
    return Sum({letters: 1})


class Rules:
    """Definitions as rewriting rules, and pairs of letters that are inverse to each other."""

    def __init__(self, definitions: Mapping[Word, Sum], inverses: Mapping[str, str] | None = None) -> None:
        self.definitions = dict(definitions)
        pairs = dict(inverses or {})
        self.inverses = pairs | {there: here for here, there in pairs.items()}

    def normal(self, value: Sum) -> Sum:
        """The normal form.  Raises ValueError where the rules do not come to an end."""
        called(WORDS)
        for _ in range(1000):
            after = Sum({})
            for letters, number in value.terms.items():
                after = after + number * self._once(letters)
            if after.terms == value.terms:
                return after
            value = after
        raise ValueError("the rules do not come to an end")

    def _once(self, letters: Word) -> Sum:
        for k in range(len(letters) - 1):
            if self.inverses.get(letters[k]) == letters[k + 1]:
                return Sum({letters[:k] + letters[k + 2 :]: 1})
        for end, meaning in self.definitions.items():
            if letters[-len(end) :] == end:
                return meaning.after(*letters[: -len(end)])
        return Sum({letters: 1})

    def same(self, one: Sum, two: Sum) -> bool:
        """Whether two sides have one normal form."""
        return not self.normal(one - two).terms


__all__ = ["WORDS", "Rules", "Sum", "Word", "word"]
