r"""The LaTeX notation: the subset of amsmath that ``dyadic derive --format latex`` prints, and its common variants.

Read into the same tokens as the text notation; nothing is expanded, so a macro that is not listed is an error.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.kinds import adjoint, position
from dyadic.proofs.statements.parsing.index_text import IndexReader
from dyadic.proofs.statements.parsing.latex_indices import plain
from dyadic.proofs.statements.parsing.text import derivative, function, rate, read_range
from dyadic.proofs.statements.parsing.tokens import CLAIMED, DEEPEST, Limits, Token, Unreadable
from dyadic.proofs.statements.semantics.quantities import printed_letters
from dyadic.proofs.statements.semantics.vocabulary import LET, Vocabulary
from dyadic.symbolic.latex_printing import latex_escape

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_DROPPED = re.compile(
    r"\\(?:label|tag)\*?\{[^{}]*\}|\\(?:begin|end)\{[A-Za-z]+\*?\}|\\(?:nonumber|notag|displaystyle|limits)(?![A-Za-z])"
    r"|\\[,;:!> ]|\\q?quad(?![A-Za-z])|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|~|(?<!\\)\$|\\\[|\\\]"
)
_ALIGNMENT = re.compile(r"(?<!\\)&")
_GROUP_NAME = re.compile(r"\\(?:text|mathrm|mathit|operatorname|mathsf|textrm|mathbf)\s*\{")
_GREEK = re.compile(
    r"\\(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi"
    r"|psi|omega|ell|Delta|Lambda|Omega)(?![A-Za-z])"
)
_ACCENT = re.compile(r"\\(bar|dot|hat|overline|widehat)\s*(?=\{|[A-Za-z\\])")
_NAMED = re.compile(r"\\(sinh?|cosh?|tanh?|arcsin|arccos|arctan|exp|log|ln|max)(?![A-Za-z])")
_OTHERWISE = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
_OPERATOR = re.compile(r"\\(?:cdot|times|leftarrow|gets|coloneqq)(?![A-Za-z])|[-+*/()=]")
_SPELLING = {r"\cdot": "*", r"\times": "*", r"\leftarrow": "=", r"\gets": "=", r"\coloneqq": "="}
_FRACTION = re.compile(r"\\[td]?frac(?![A-Za-z])")
_ROOT = re.compile(r"\\sqrt(?![A-Za-z])\s*(?:\[\s*(\d{1,2})\s*\])?")
_PARTIAL = re.compile(r"\s*(?:\\partial(?![A-Za-z])|\\mathrm\{d\}|d)\s*")
_REDUCTIONS = {"sum": "sum", "LSE": "logsumexp", "max": "max", "argmax": "argmax"}


def tidy(source: str) -> str:
    """Comments, labels, environments, spacing and the size of brackets left out; alignment marks stay."""
    return _DROPPED.sub(" ", _COMMENT.sub("", source))


def formula(source: str) -> str:
    """One equation without what is only for the eye: what :class:`LatexReader` reads."""
    return _ALIGNMENT.sub(" ", tidy(source)).strip().rstrip(".,;").strip()


def rows(source: str) -> list[str]:
    """The equations of a display, one string each: a row that starts with a relation continues the one before."""
    found: list[str] = []
    for row in re.split(r"\\\\(?:\[[^\]]*\])?|\n\s*\n", tidy(source)):
        text = _ALIGNMENT.sub(" ", row).strip().rstrip(".,;").strip()
        if not text:
            continue
        if found and text.startswith("="):
            found[-1] += " " + text
        else:
            found.append(text)
    return found


class LatexReader:
    """Tokens of one :func:`formula`; arguments as for :class:`dyadic.proofs.statements.parsing.text.TextReader`."""

    def __init__(self, source: str, vocabulary: Vocabulary, define: bool = False, limits: Limits = CLAIMED) -> None:
        if len(source) > limits.text:
            raise Unreadable(0, f"the formula is longer than {limits.text} characters")
        self._digits = limits.digits
        self._source, self._vocabulary, self._define = source, vocabulary, define
        self._at, self._depth = 0, 0
        self._owners = {latex_escape(name): name for name in vocabulary.graph.parents}
        self._owners |= {latex_escape(name): name for name in vocabulary.graph.inputs}

    def tokens(self) -> list[Token]:
        return [*self._until(len(self._source)), Token("end", None, len(self._source))]

    def _until(self, end: int) -> list[Token]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(self._at, f"the formula is nested more than {DEEPEST} deep")
        found: list[Token] = []
        while True:
            self._space()
            if self._at >= end:
                self._at = end
                self._depth -= 1
                return found
            first = not found and self._depth == 1
            found += self._some(first)

    def _space(self) -> None:
        while self._source[self._at : self._at + 1].isspace():
            self._at += 1

    def _some(self, first: bool) -> list[Token]:
        source, start = self._source, self._at
        if match := re.compile(r"\d+(\.\d+)?").match(source, start):
            if len(match[0]) > self._digits:
                raise Unreadable(start, f"the number has more than {self._digits} digits")
            self._at = match.end()
            return [Token("number", Fraction(match[0]), start)]
        if match := _OPERATOR.match(source, start):
            self._at = match.end()
            return [Token("operator", _SPELLING.get(match[0], match[0]), start)]
        if source[start] == "^":
            self._at += 1
            return [Token("operator", "^", start), *self._argument()]
        if source[start] == "{":
            return self._group()
        if source[start] == "[":
            return [self._condition()]
        if match := _FRACTION.match(source, start):
            self._at = match.end()
            return self._fraction(start)
        if match := _ROOT.match(source, start):
            self._at = match.end()
            return self._root(match[1], start)
        if derived := self._inline_derivative():
            return [derived]
        if reduction := self._reduction():
            return [reduction]
        if token := self._function():
            return [token]
        return [self._entry(first)]

    # -- groups ------------------------------------------------------------------------------------------------

    def _group_text(self) -> tuple[str, int]:
        """The text of the group or single symbol here, and where it starts."""
        self._space()
        start, depth = self._at, 0
        if self._source[start : start + 1] != "{":
            match = re.compile(r"\\[A-Za-z]+|\S").match(self._source, start)
            if match is None:
                raise Unreadable(start, "something is missing here")
            self._at = match.end()
            return match[0], start
        for at in range(start, len(self._source)):
            letter, escaped = self._source[at], at > 0 and self._source[at - 1] == "\\"
            if not escaped:
                depth += (letter == "{") - (letter == "}")
            if depth == 0:
                self._at = at + 1
                return self._source[start + 1 : at], start + 1
        raise Unreadable(start, "this group is not closed")

    def _argument(self) -> list[Token]:
        """The group or single symbol here, as tokens in brackets."""
        text, start = self._group_text()
        after, self._at = self._at, start
        inner = self._until(start + len(text))
        self._at = after
        return [Token("operator", "(", start), *inner, Token("operator", ")", after - 1)]

    _group = _argument

    def _condition(self) -> Token:
        start = self._at
        end = self._source.find("]", start)
        if end < 0:
            raise Unreadable(start, "this bracket is not closed")
        self._at = end + 1
        text = plain(self._owners, self._source[start + 1 : end])
        return Token("atom", IndexReader(text, start + 1, self._vocabulary).condition(), start)

    def _fraction(self, start: int) -> list[Token]:
        here = self._at
        top, _ = self._group_text()
        bottom, below = self._group_text()
        after = self._at
        upper = re.fullmatch(r"\s*(?:\\partial(?![A-Za-z])|\\mathrm\{d\}|d)\s*([EC]?)\s*(.*)", top, re.DOTALL)
        lower = _PARTIAL.match(bottom)
        if upper and lower:
            if upper[1] and not upper[2]:  # partial E over partial x
                self._at = below + lower.end()
                entry = self._entry(False).value
                if self._at < after - 1:
                    raise Unreadable(self._at, "one variable at a time")
                self._at = after
                return [Token("atom", derivative(upper[1], entry, start), start)]
            if bottom[lower.end() :].strip() == "t":
                self._at = here + 1 + top.index(upper[2])
                entry = self._entry(False).value
                self._at = after
                return [Token("atom", rate(entry, start), start)]
        self._at = here
        one = self._argument()
        slash = Token("operator", "/", self._at)
        two = self._argument()
        left, right = Token("operator", "(", start), Token("operator", ")", self._at)
        return [left, *one, slash, *two, right]

    def _root(self, order: str | None, start: int) -> list[Token]:
        r"""``\sqrt{a}`` is the function; ``\sqrt[3]{a}`` is a^(1/3)."""
        if order is None:
            return [Token("function", ("sqrt", 0), start), *self._argument()]
        exponent = [Token("number", Fraction(number), start) for number in (1, order)]
        signs = [Token("operator", sign, start) for sign in "^(/)"]
        return [*self._argument(), *signs[:2], exponent[0], signs[2], exponent[1], signs[3]]

    def _inline_derivative(self) -> Token | None:
        r"""``\partial E / \partial x``."""
        pattern = (
            r"(?:\\partial(?![A-Za-z])|\\mathrm\{d\}|d)\s*([EC])\s*/\s*(?:\\partial(?![A-Za-z])|\\mathrm\{d\}|d)\s*"
        )
        match = re.compile(pattern).match(self._source, self._at)
        if match is None:
            return None
        start, self._at = self._at, match.end()
        return Token("atom", derivative(match[1], self._entry(False).value, start), start)

    # -- reductions and functions ------------------------------------------------------------------------------

    def _reduction(self) -> Token | None:
        match = re.compile(r"\\(sum|max)(?![A-Za-z])|\\operatorname\*?\{(LSE|argmax|max)\}").match(
            self._source, self._at
        )
        if match is None:
            return None
        start, self._at = self._at, match.end()
        kind, index, extent, closed = _REDUCTIONS[match[1] or match[2]], "", None, False
        while True:
            self._space()
            mark = self._source[self._at : self._at + 1]
            if mark not in ("_", "^") or not mark:
                break
            self._at += 1
            text, at = self._group_text()
            text = plain(self._owners, text)
            if mark == "_":
                found = re.fullmatch(r"\s*([a-z]\d*)\s*(?:<\s*([A-Za-z0-9_]+)|=\s*(0))?\s*", text)
                if found is None:
                    raise Unreadable(
                        at, r"a range is written \sum_{j<64}, \sum_{j=0}^{63} or \sum_j; indices start from 0"
                    )
                index, extent = found[1], read_range(found[2], at)
                closed = found[3] is not None
            else:
                extent = _last(text, at)
                if not index or not closed:
                    raise Unreadable(at, r"an upper end belongs to a lower one: \sum_{j=0}^{63}")
        if not index:
            raise Unreadable(start, "a reduction needs an index")
        return Token("reduction", (kind, index, extent), start)

    def _function(self) -> Token | None:
        start = self._at
        match = _NAMED.match(self._source, start)
        if match and match[1] != "max":
            name, end = _OTHERWISE.get(match[1], match[1]), match.end()
        elif self._source[start] == "e" and re.compile(r"e\s*\^(?!\s*\{?\s*\\text)").match(self._source, start):
            self._at = self._source.index("^", start) + 1
            return Token("function", ("exp", 0), start)
        elif match := (_GROUP_NAME.match(self._source, start) or _GREEK.match(self._source, start)):
            if match[0].endswith("{"):
                self._at = match.end() - 1
                name = self._group_text()[0].replace(r"\_", "_")
                end = self._at
                self._at = start
            else:
                name, end = match[1], match.end()
        else:
            return None
        if name not in self._vocabulary.functions:
            return None
        order = 0
        while self._source[end : end + 1] == "'":
            order, end = order + 1, end + 1
        prime = re.compile(r"\^\s*\{?\s*\\prime\s*\}?").match(self._source, end)
        if prime:
            order, end = order + 1, prime.end()
        self._at = end
        return Token("function", function(self._vocabulary, name, order, start), start)

    # -- entries -----------------------------------------------------------------------------------------------

    def _entry(self, first: bool) -> Token:
        """A letter with an owner and indices, in either order."""
        self._space()
        start = self._at
        accent, letter = self._letter()
        # A kind such as m2 is printed with its number below: m_{2}^{\text{pool}}_{i}.
        number = re.compile(r"_\{?(\d+)\}?(?=\s*\^)").match(self._source, self._at)
        if number:
            letter, self._at = letter + number[1], number.end()
        owner: str | None = None
        indices: list[Any] | None = None
        while True:
            mark = re.compile(r"\s*([_^])").match(self._source, self._at)
            if mark is None:
                break
            back, self._at = self._at, mark.end()
            text, at = self._group_text()
            if mark[1] == "_" and indices is None:
                found, rest = self._owner(text, subscript=True)
                owner = found or owner
                indices = self._indices(rest, at) if rest.strip() else []
            elif mark[1] == "^" and owner is None and (found := self._owner(text, subscript=False)[0]):
                owner = found
            else:
                self._at = back
                break
        if accent == "" and letter == "delta" and owner is None and indices and len(indices) == 2:
            return Token("atom", ["entry", "delta", "", indices], start)
        return Token("atom", self._named(accent, letter, owner, indices or [], start, first), start)

    def _named(self, accent: str, letter: str, owner: str | None, indices: list[Any], start: int, first: bool) -> Any:
        made = {"bar": adjoint, "overline": adjoint, "hat": position, "widehat": position}
        stem = printed_letters(made.get(accent, str)(letter))
        name = stem if owner is None else f"{stem}_{owner}"
        tensor = self._vocabulary.tensors.get(name)
        if tensor is None:
            if first and self._define:
                return ["entry", LET, name, indices]
            raise Unreadable(start, f"{name!r} is no quantity of this network")
        if len(indices) != len(tensor.axes):
            raise Unreadable(start, f"{name} has {len(tensor.axes)} axes, not {len(indices)}")
        entry = ["entry", tensor.kind, tensor.owner, indices]
        return rate(entry, start) if accent == "dot" else entry

    def _letter(self) -> tuple[str, str]:
        """The accent (or nothing) and the base letter or word."""
        if match := _ACCENT.match(self._source, self._at):
            self._at = match.end()
            _, at = self._group_text()
            after, self._at = self._at, at
            inner, letter = self._letter()
            number = re.compile(r"_\{?(\d+)\}?").match(self._source, self._at)
            letter += number[1] if number and number.end() < after else ""
            self._at = after
            if inner:
                raise Unreadable(at, "one accent at a time")
            return match[1], letter
        if match := _GROUP_NAME.match(self._source, self._at):
            self._at = match.end() - 1
            return "", self._group_text()[0].replace(r"\_", "_")
        if match := _GREEK.match(self._source, self._at):
            self._at = match.end()
            return "", match[1]
        match = re.compile(r"[A-Za-z]").match(self._source, self._at)
        if match is None:
            word = re.compile(r"\\[A-Za-z]+|.", re.DOTALL).match(self._source, self._at)
            raise Unreadable(self._at, f"{word[0]!r} is not understood" if word else "a quantity is missing")
        self._at = match.end()
        return "", match[0]

    def _owner(self, text: str, subscript: bool) -> tuple[str | None, str]:
        """The layer named at the start of a script, and what follows it."""
        match = re.match(
            r"\s*\\(?:text|mathrm|textrm|mathit|mathsf)\s*\{((?:[^{}\\]|\\[A-Za-z]+(?:\{\})?|\\[^A-Za-z])*)\}",
            text,
        )
        if match:
            name = self._owners.get(match[1].strip(), match[1].strip().replace(r"\_", "_"))
            return name, text[match.end() :].lstrip(" ,")
        stripped = text.strip()
        if not subscript:
            bare = stripped[1:-1].strip() if stripped[:1] + stripped[-1:] == "()" else stripped
            if bare in self._owners and (bare != stripped or not bare.isdigit()):
                return self._owners[bare], ""
        return None, text

    def _indices(self, text: str, at: int) -> list[Any]:
        index = plain(self._owners, text)
        if "," in index:
            parts = index.split(",")
        elif re.fullmatch(r"\s*(?:[a-z]\d*|\d+)(?:\s*[a-z]\d*|\s+\d+)*\s*", index):
            parts = re.findall(r"[a-z]\d*|\d+", index)
            if re.fullmatch(r"\s*\d+\s*[a-z].*", index):
                parts = [index]
        else:
            parts = [index]
        return [IndexReader(part, at, self._vocabulary).expression() for part in parts]


def _last(text: str, at: int) -> int | str:
    """The number of terms, from the last index: 63 or n - 1."""
    if text.strip().isdigit() and len(text) < 9:
        return int(text) + 1
    match = re.fullmatch(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*-\s*1\s*", text)
    if match is None:
        raise Unreadable(at, r"the upper end is the last index: \sum_{j=0}^{63} or \sum_{j=0}^{n-1}")
    return match[1]
