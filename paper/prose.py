"""The sentences of a certificate with their formulas as mathematics, and numbers for the eye."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from dyadic.paper.document import Formula, Math, Span, Subscripted, Unbroken, Words

_DERIVATIVE = re.compile(r"d(?P<top>[A-Za-z](?:_[a-z])?)/d(?P<bottom>[a-z]+(?:_[a-z])?)\Z")
_SYMBOL = re.compile(r"(?:[xsfzEFCLThkab]|theta)(?:_[a-z])?\Z")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?\Z")
_OPERATORS = frozenset({"=", "+", "-", "<=", "<", ">=", ">"})
_WHOLE: dict[str, Formula] = {
    "<s_v, f_v - x_v>": (
        "langle",
        Subscripted("s", "v"),
        ",",
        Subscripted("f", "v"),
        "-",
        Subscripted("x", "v"),
        "rangle",
    ),
    "E_v = ": (Subscripted("E", "v"), "="),
    "C(x + s/2) - C(x - s/2)": ("C", "(", "x", "+", "s", "/ 2", ")", "-", "C", "(", "x", "-", "s", "/ 2", ")"),
    "rank <= k": (Words("rank"), "<=", "k"),
    "s dx/dt - E": ("s", "dot", "d", "x", "/", "d", "t", "-", "E"),
}
_WHOLE_PIECE = re.compile("(" + "|".join(map(re.escape, _WHOLE)) + ")")
"""Formulas of the certificate's sentences that are no plain sums of symbols."""
_ALONE = frozenset({"x", "s", "E", "C", "L", "T", "k"})
"""Letters that are symbols wherever they stand; a and b are words too."""


def counted_by_letters(k: int) -> str:
    """a, b, ..., z, aa, ab, ... for 0, 1, ..."""
    before = counted_by_letters(k // 26 - 1) if k >= 26 else ""
    return before + chr(ord("a") + k % 26)


def sentence(text: str) -> tuple[Span, ...]:
    """A statement as a sentence: its first word with a capital unless it is a formula."""
    found: list[Span] = []
    for piece in filter(None, _WHOLE_PIECE.split(text)):
        if piece in _WHOLE:
            last = found[-1] if found else ""
            if isinstance(last, Math):  # one formula with what it follows without a word between them
                found[-1] = Math((last.formula, _WHOLE[piece]))
            else:
                found.append(Math(_WHOLE[piece]))
        else:
            found += [Math(_formula(part)) if is_math else part for part, is_math in _runs(piece)]
    if found and isinstance(found[0], str):
        found[0] = found[0][:1].upper() + found[0][1:]
    return tuple(found)


def _runs(text: str) -> list[tuple[str, bool]]:
    """The text cut into words and formulas, in order, with the blanks and commas between them."""
    tokens = re.split(r"(\s+|(?<=\w)[,;:.)](?=\s|\Z)|(?<=\s)\((?=\w)|[<>](?=[a-z]_)|(?<=_v)>)", text)
    tokens = [token for token in tokens if token]
    marks = [_kind(token) for token in tokens]
    runs: list[tuple[str, bool]] = []
    k = 0
    while k < len(tokens):
        end = _end_of_formula(tokens, marks, k)
        if end > k:
            runs.append(("".join(tokens[k:end]), True))
            k = end
        else:
            if runs and not runs[-1][1]:
                runs[-1] = (runs[-1][0] + tokens[k], False)
            else:
                runs.append((tokens[k], False))
            k += 1
    return runs


def _kind(token: str) -> str:
    if token.isspace():
        return "blank"
    if token in _OPERATORS:
        return "operator"
    if token in ("<", ">") or _DERIVATIVE.match(token) or _SYMBOL.match(token) or _signed(token) or _halved(token):
        return "symbol"
    return "number" if _NUMBER.match(token) else "word"


def _signed(token: str) -> bool:
    return token[:1] in "+-" and bool(_DERIVATIVE.match(token[1:]) or _NUMBER.match(token[1:]))


def _halved(token: str) -> bool:
    return token.endswith("/2") and bool(_SYMBOL.match(token[:-2]))


def _end_of_formula(tokens: list[str], marks: list[str], start: int) -> int:
    """Where the formula that begins at ``start`` ends; ``start`` itself where none does."""
    end, k, operators = start, start, 0
    while k < len(tokens):
        if marks[k] in ("symbol", "number"):
            end = k + 1
        elif marks[k] == "operator" and end > start:
            operators += 1
        elif marks[k] != "blank" or not end:
            break
        ends = k + 2 < len(tokens) and marks[k + 1] == "blank" and marks[k + 2] != "operator"
        if ends and marks[k] in ("symbol", "number"):
            break
        k += 1
    chosen = tokens[start:end]
    if not chosen or marks[start] == "blank":
        return start
    if operators and end - start > 2:
        return end
    alone = tokens[start]
    if _DERIVATIVE.match(alone) or alone in _ALONE or (_SYMBOL.match(alone) and "_" in alone):
        return start + 1
    if _NUMBER.match(alone) and "e" in alone:
        return start + 1
    return start


def _formula(text: str) -> Formula:
    parts = [_token(token) for token in text.split()]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _token(token: str) -> Formula:
    if token in _OPERATORS:
        return token
    if token[:1] in "+-" and len(token) > 1:
        return _token(token[1:]) if token[0] == "+" else ("-", _token(token[1:]))
    if found := _DERIVATIVE.match(token):
        sign = "d" if found["bottom"] == "t" else "partial"
        return (sign, _letter(found["top"]), "/", sign, _letter(found["bottom"]))
    if token.endswith("/2"):
        return (_letter(token[:-2]), "/ 2")
    if "e" in token and _NUMBER.match(token):
        return number(token)
    return _letter(token) if _SYMBOL.match(token) else token


def _letter(token: str) -> Formula:
    letter, _, index = token.partition("_")
    return Subscripted(letter, index) if index else letter


def with_powers(text: str) -> tuple[Span, ...]:
    """Words with numbers such as 1.5e-7 as mathematics, with all their digits."""
    pieces = re.split(r"(?<![\w.])(\d+(?:\.\d+)?e[-+]?\d+)(?![\w.])", text)
    return tuple(
        Math(number(piece, len(Decimal(piece).as_tuple().digits))) if k % 2 else piece
        for k, piece in enumerate(pieces)
        if piece
    )


def number(text: str, digits: int = 5, zeros: bool = False) -> Formula:
    """A decimal number with so many significant digits, with a power of ten where it is small or large.

    zeros: whether those at the end of a mantissa are digits that are known.
    """
    value = Decimal(text)
    if not value:
        return "0"
    rounded = f"{value:.{digits - 1}e}"
    mantissa, _, exponent = rounded.partition("e")
    power = int(exponent)
    if -4 <= power < 6:
        return f"{Decimal(rounded):f}"
    if not zeros:
        mantissa = mantissa.rstrip("0").rstrip(".")
    ten = Subscripted("10", "", str(power))
    return ten if mantissa == "1" else Unbroken((mantissa, "dot", ten))


def differing(one: str, other: str) -> tuple[Formula, Formula] | None:
    """Two numbers with so many digits that they differ in the last two; None where those given do not differ."""
    try:
        first, second = Decimal(one), Decimal(other)
    except InvalidOperation:
        return None
    if first == second:
        return None
    largest = max(first, second, key=abs)
    gap = largest.adjusted() - (first - second).adjusted()
    digits = max(gap + 2, 3)
    known = min(len(first.as_tuple().digits), len(second.as_tuple().digits))
    if digits > max(known, 3):
        return None
    return number(one, digits, zeros=True), number(other, digits, zeros=True)
