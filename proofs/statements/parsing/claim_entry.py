"""One claim of a file: a table of keys, checked and put into a statement."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.parsing.latex_source import rows
from dyadic.proofs.statements.parsing.macros import Macro, expanded, macros_in
from dyadic.proofs.statements.parsing.tokens import CLAIMED, Unreadable, refuse
from dyadic.proofs.statements.semantics.equation import DENOMINATOR, KINDS, NUMERATOR, Statement
from dyadic.symbolic.errors import SpecError

MOST_DEFINITIONS = 100
MOST_STEPS = 200
_LONGEST_ID = 200
LARGEST_SOURCE = 2**20
_LABEL = re.compile(r"\\label\{([^{}]{1,200})\}")
_OWN_NAME = re.compile(r"\\?[A-Za-z][A-Za-z0-9]{0,39}\Z")
_MOST_OWN = 20
_FORMULA_KEYS = ("equation", "latex", "steps")
_KEYS = (
    "id",
    "kind",
    *_FORMULA_KEYS,
    "with",
    "assume",
    "of",
    "suffice",
    "needed",
    "h",
    "at",
    "first",
    "layout",
    "expect",
    "uses",
)
_AT = ("any state", "solution")


@dataclass(frozen=True)
class Defaults:
    """What a file says for all of its claims: where they hold, from where they count, what they assume, its macros.

    variables, energies: what it adds to the network's.
    """

    at: str = _AT[0]
    first: int = 0
    layout: str = DENOMINATOR
    assumptions: tuple[str, ...] = ()
    macros: Mapping[str, Macro] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()
    energies: tuple[tuple[str, str], ...] = ()


def defaults(table: Mapping[str, Any]) -> Defaults:
    """The settings at the head of a file.  Raises :class:`SpecError`."""
    where = "the file"
    assumptions = strings(where, "assume", table.get("assume", []), MOST_DEFINITIONS)
    layout = _layout(where, table.get("layout", DENOMINATOR))
    macros = macros_in(string(where, "macros", table["macros"], LARGEST_SOURCE)) if "macros" in table else {}
    first = _first(where, table.get("first", 0))
    at = _at(where, table.get("at", _AT[0]))
    variables, energies = (_own(where, key, table.get(key, {}), macros) for key in ("variables", "energies"))
    return Defaults(at, first, layout, assumptions, macros, variables, energies)


def _own(where: str, key: str, table: Any, macros: Mapping[str, Macro]) -> tuple[tuple[str, str], ...]:
    """What an author adds: tensors with those whose shape they have, or energies with their formulas."""
    example = 'B = "W_NAME^T"' if key == "variables" else 'F = "1/2 Sum[i] (x_NAME[i] - y[i])^2"'
    if not isinstance(table, Mapping) or len(table) > _MOST_OWN:
        raise SpecError(
            where, f"{key!r} must be a table of at most {_MOST_OWN} texts", f"write {example} below [{key}]"
        )
    found: list[tuple[str, str]] = []
    for name, written in table.items():
        text = string(where, f"{key}.{name[:40]}", written)
        if not _OWN_NAME.match(name):
            raise SpecError(f"{key}.{name[:40]}", "is no name that can be used", "use letters and digits, such as F1")
        try:
            found.append((name.removeprefix("\\"), expanded(text, macros)))
        except Unreadable as error:
            raise refuse(f"{key}.{name}", text, error) from error
    return tuple(found)


def statement(where: str, entry: Any, given: Defaults, line: int = 0) -> Statement:
    """The claim that a table holds.  Raises :class:`SpecError` that names the claim."""
    if not isinstance(entry, Mapping):
        raise SpecError(where, "must be a table", "write [[claim]] before its keys")
    name = string(where, "id", entry.get("id"))
    if not name.strip() or len(name) > _LONGEST_ID or not name.isprintable():
        raise SpecError(where, "its id cannot be used", f"use printable text of at most {_LONGEST_ID} characters")
    where = f"claim {name!r}"
    known(where, entry, _KEYS)
    kind, expected = _kind(where, entry.get("kind")), _expected(where, entry.get("expect", ""))
    if kind in ("steps", "step_size"):
        return replace(_theorem(where, name, kind, entry, line), expected=expected)
    definitions = strings(where, "with", entry.get("with", []), MOST_DEFINITIONS)
    assumptions = strings(where, "assume", entry.get("assume", []), MOST_DEFINITIONS)
    before, formulas = _formulas(where, entry, given.macros)
    return Statement(
        name, kind, where, formulas, (*definitions, *before),
        latex="latex" in entry or ("steps" in entry and any("\\" in formula for formula in formulas)),
        child=string(where, "of", entry.get("of")) if kind in ("adjoint", "stationary") else None,
        assumptions=(*given.assumptions, *assumptions),
        at=_at(where, entry.get("at", given.at)),
        first=_first(where, entry.get("first", given.first)),
        layout=_layout(where, entry.get("layout", given.layout)),
        line=line,
        expected=expected,
        uses=strings(where, "uses", entry.get("uses", []), MOST_DEFINITIONS),
        variables=given.variables,
        energies=given.energies,
        labels=tuple(_LABEL.findall(entry["latex"])) if "latex" in entry else (),
    )  # fmt: skip


def _formulas(
    where: str, entry: Mapping[str, Any], macros: Mapping[str, Macro]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The definitions that stand before the claim in a display, and the claim."""
    if sum(key in entry for key in _FORMULA_KEYS) > 1:
        raise SpecError(where, "has several formulas", f"give one of {', '.join(_FORMULA_KEYS)}")
    if "steps" in entry:
        return (), strings(where, "steps", entry["steps"], MOST_STEPS)
    if "latex" not in entry:
        return (), (string(where, "equation", entry.get("equation")),)
    source = string(where, "latex", entry["latex"])
    try:
        *before, last = rows(expanded(source, macros)) or [""]
    except Unreadable as error:
        raise refuse(where, source, error) from error
    if len(before) > MOST_DEFINITIONS:
        raise SpecError(where, f"has more than {MOST_DEFINITIONS} rows", "split the claim")
    return tuple(before), (last,)


def _theorem(where: str, name: str, kind: str, entry: Mapping[str, Any], line: int) -> Statement:
    """A number of steps or a step size: a number, or a formula in L and T."""
    keys = [key for key in (("suffice", "needed") if kind == "steps" else ("h",)) if key in entry]
    if len(keys) != 1:
        wanted = 'suffice = "2 L" or needed = "2 L"' if kind == "steps" else 'h = "1/2"'
        raise SpecError(where, "does not say which number", f"write {wanted}")
    value = entry[keys[0]]
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        value = f"{value}" if "e" not in str(value) else ""
    number = string(where, keys[0], value)
    return Statement(name, kind, where, child=keys[0], number=number, latex="\\" in str(value)[:1000], line=line)


def _kind(where: str, value: Any) -> str:
    if not isinstance(value, str) or value not in KINDS:
        written = str(value)[:40] if isinstance(value, str) else ""
        raise SpecError(where, "its kind is missing or unknown", suggest(written, KINDS))
    return value


def _expected(where: str, value: Any) -> str:
    verdicts = [verdict.value for verdict in Verdict]
    if value not in ("", *verdicts):
        raise SpecError(where, '"expect" is the verdict that you expect', suggest(str(value)[:40], verdicts))
    return str(value)


def _at(where: str, value: Any) -> str:
    if value not in _AT:
        raise SpecError(where, '"at" says where the claim holds', suggest(str(value)[:40], _AT))
    return str(value)


def _layout(where: str, value: Any) -> str:
    if value not in (DENOMINATOR, NUMERATOR):
        raise SpecError(where, '"layout" is that of derivatives', f'write "{DENOMINATOR}" or "{NUMERATOR}"')
    return str(value)


def _first(where: str, value: Any) -> int:
    """The number from which indices are counted; text in a marker of a .tex file."""
    if isinstance(value, bool) or value not in (0, 1, "0", "1"):
        raise SpecError(where, '"first" is the number of the first index', "write first = 0 or first = 1")
    return int(value)


def string(where: str, key: str, value: Any, most: int = CLAIMED.text) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SpecError(where, f"{key!r} is missing or is not text", f'add {key} = "..."')
    if len(value) > most:
        raise SpecError(where, f"{key!r} is longer than {most} characters", "split the claim")
    return value


def strings(where: str, key: str, value: Any, most: int) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) and item.strip() for item in values):
        raise SpecError(where, f"{key!r} must be a list of texts", f'write {key} = ["...", "..."]')
    if len(values) > most:
        raise SpecError(where, f"{key!r} has more than {most} entries", "split the claim")
    return tuple(values)


def known(where: str, table: Mapping[str, Any], keys: Collection[str]) -> None:
    for key in table:
        if key not in keys:
            raise SpecError(where, f"the key {key[:40]!r} is unknown", suggest(key[:40], keys))


def suggest(value: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(value, list(names), n=1)
    listed = ", ".join(names)
    return f"did you mean {close[0]!r}? (known: {listed})" if close else f"known: {listed}"
