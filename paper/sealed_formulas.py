r"""What a fragment's formulas were when it was written, and which of those in a file are others.

The list stands in the fragment itself, as comments: first digits of the SHA-256 of every formula, without its blanks.
That finds what was changed by hand; that the formulas are those of a network, its certificate shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from dyadic.symbolic.errors import DyadicError

_DIGITS, _IN_A_LINE = 12, 8
_MARK = "% dyadic: "
_HEAD = "% The formulas above as they were written, for `dyadic check` (SHA-256, the first 12 digits):\n"
_FRAGMENT = re.compile(r"\\dyadicbegin\{.*?\\dyadicend", re.S)
_COMMENT = re.compile(r"(?<!\\)%.*")
_FORMULA = re.compile(
    r"\\begin\{(?P<kind>align\*?|equation\*?|gather\*?|multline\*?)\}.*?\\end\{(?P=kind)\}"
    r"|(?<!\\)\\\[.*?\\\]|(?<!\\)\$(?:\\.|[^$\\])+\$",
    re.S,
)
_TAG = re.compile(r"\\dyadictag\{((?:[^{}]|\{[^{}]*\})*)\}")
_SEAL = re.compile(rf"^{_MARK}((?:[0-9a-f]{{{_DIGITS}}} ?)+)$", re.M)
_LONGEST_SHOWN = 100


@dataclass(frozen=True)
class FormulaComparison:
    """changed: the formulas that were not written, each with its line and the tag it bears.

    count: of formulas that are there.  missing: of how many that were written nothing is left, not even changed.
    """

    changed: tuple[tuple[int, str, str], ...]
    count: int
    missing: int

    @property
    def unchanged(self) -> bool:
        return not self.changed and not self.missing

    def lines(self, name: str) -> Iterator[str]:
        """What was found, for a reader."""
        for line, tag, text in self.changed:
            yield f"CHANGED    {name}:{line}: {tag + ': ' if tag else ''}{text}"
        if self.missing:
            yield f"MISSING    {self.missing} of the formulas that were written"
        if self.unchanged:
            yield f"UNCHANGED  {self.count} formulas are those that were written"
        yield "Their list stands in the file itself; `dyadic appendix` writes them anew from the network."
        yield "Words, numbers in tables and hashes are not compared."


def sealed(fragment: str) -> str:
    """The fragment with the list of its formulas behind it."""
    digests = _digests(fragment)
    rows = (digests[k : k + _IN_A_LINE] for k in range(0, len(digests), _IN_A_LINE))
    return fragment + _HEAD + "".join(f"{_MARK}{' '.join(row)}\n" for row in rows)


def compare(text: str) -> FormulaComparison:
    """The formulas of a file's fragments against the lists behind them.  Raises :class:`DyadicError` without a list."""
    fragments = list(_FRAGMENT.finditer(text))
    known = Counter(digest for found in _SEAL.finditer(text) for digest in found[1].split())
    if not fragments or not known:
        raise DyadicError("holds no fragment of `dyadic appendix` with the list of its formulas")
    changed: list[tuple[int, str, str]] = []
    there: Counter[str] = Counter()
    for fragment in fragments:
        for formula in _formulas(fragment[0]):
            digest = _digest(formula[0])
            there[digest] += 1
            if digest not in known:
                line = text.count("\n", 0, fragment.start() + formula.start()) + 1
                changed.append((line, _tag(formula[0]), _short(formula[0])))
    lost = sum((known - there).values())
    return FormulaComparison(tuple(changed), sum(there.values()), max(lost - len(changed), 0))


def _formulas(fragment: str) -> list[re.Match[str]]:
    """The formulas, with comments blanked out, so that places stay what they are."""
    return list(_FORMULA.finditer(_COMMENT.sub(lambda found: " " * len(found[0]), fragment)))


def _digests(fragment: str) -> list[str]:
    """Of every display, and once of every formula in the text."""
    found = [formula[0] for formula in _formulas(fragment)]
    displays = [text for text in found if not text.startswith("$")]
    return [_digest(text) for text in [*displays, *dict.fromkeys(text for text in found if text.startswith("$"))]]


def _digest(formula: str) -> str:
    return sha256("".join(formula.split()).encode()).hexdigest()[:_DIGITS]


def _tag(formula: str) -> str:
    found = _TAG.search(formula)
    return re.sub(r"\\allowbreak |[\\{}]", "", found[1]) if found else ""


def _short(formula: str) -> str:
    inner = " ".join(re.sub(r"\\(?:begin|end)\{[^}]*\}|\\tag\*.*|\\label\{.*?\}+", "", formula, flags=re.S).split())
    return inner if len(inner) <= _LONGEST_SHOWN else f"{inner[:_LONGEST_SHOWN]} ..."
