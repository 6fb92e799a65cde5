"""Claims files: TOML, or LaTeX with claims between markers; docs/claims.md has the format.  Read with suspicion."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dyadic.proofs.statements.parsing.latex_source import rows
from dyadic.proofs.statements.parsing.tokens import CLAIMED
from dyadic.proofs.statements.semantics.equation import KINDS, Statement
from dyadic.proofs.statements.semantics.vocabulary import FUNCTIONS
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.limits import regular_file

LARGEST_FILE = 2**20
MOST_CLAIMS = 1_000
MOST_DEFINITIONS = 100
MOST_STEPS = 200
_LONGEST_ID = 200
_LONGEST_LINE = 40_000
# A key of very many parts takes the TOML parser quadratic time: refused before it is parsed.
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){32}")
_BEGIN = re.compile(r"^[ \t]*%[ \t]*dyadic:[ \t]*begin[ \t]+claim\b(.*)$")
_END = re.compile(r"^[ \t]*%[ \t]*dyadic:[ \t]*end\b[ \t]*(.*)$")
_MARKER = re.compile(r"^[ \t]*%[ \t]*dyadic:")
_ATTRIBUTE = re.compile(r'\s*(\w+)\s*=\s*"([^"]*)"')
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_FORMULA_KEYS = ("equation", "latex", "steps")
_KEYS = ("id", "kind", *_FORMULA_KEYS, "with", "assume", "of", "suffice", "needed", "h")


@dataclass(frozen=True)
class ClaimsFile:
    """The claims in order, and aliases of functions (``sigma = "tanh"``)."""

    statements: tuple[Statement, ...]
    functions: dict[str, str]


def read_claims(path: str | Path) -> ClaimsFile:
    """Read a claims file; the ending .tex decides the format.  Raises :class:`SpecError` that names the place."""
    path = Path(path)
    text = _text(path)
    try:
        found = _tex(text) if path.suffix == ".tex" else _toml(text)
    except SpecError as error:
        raise SpecError(f"{path}: {error.where}", error.problem, error.remedy) from error
    if not found.statements:
        raise SpecError(str(path), "holds no claim", "see `dyadic explain claims`")
    return found


def _text(path: Path) -> str:
    try:
        regular_file(path)
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise SpecError(str(path), "is larger than 1 MiB", "split it")
        return content.decode()
    except OSError as error:
        raise SpecError(str(path), f"cannot be read ({error.strerror or error})", "check the path") from error
    except UnicodeDecodeError as error:
        raise SpecError(str(path), f"is not UTF-8 text (byte {error.start})", "see `dyadic explain claims`") from error


def _toml(text: str) -> ClaimsFile:
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_LINE or _LONG_KEY.search(line):
            raise SpecError(f"line {number}", "is longer than any claim, or a key of very many parts", "split it")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError("the file", f"is not TOML: {str(error)[:200]}", "see `dyadic explain claims`") from error
    except RecursionError as error:
        raise SpecError("the file", "is nested too deeply", "see `dyadic explain claims`") from error
    except ValueError as error:  # an integer of thousands of digits
        raise SpecError("the file", "holds a number that cannot be read", "see `dyadic explain claims`") from error
    _known("the file", data, ("claim", "functions"))
    claims = data.get("claim", [])
    if not isinstance(claims, list):
        raise SpecError("claim", "must be a list", "write [[claim]] before its keys")
    if len(claims) > MOST_CLAIMS:
        raise SpecError("the file", f"holds more than {MOST_CLAIMS} claims", "split it")
    statements = [_statement(f"claim {number}", entry) for number, entry in enumerate(claims, 1)]
    return ClaimsFile(_distinct(statements), _functions(data.get("functions", {})))


def _statement(where: str, entry: Any) -> Statement:
    if not isinstance(entry, Mapping):
        raise SpecError(where, "must be a table", "write [[claim]] before its keys")
    name = _string(where, "id", entry.get("id"))
    if not name.strip() or len(name) > _LONGEST_ID or not name.isprintable():
        raise SpecError(where, "its id cannot be used", f"use printable text of at most {_LONGEST_ID} characters")
    where = f"claim {name!r}"
    _known(where, entry, _KEYS)
    kind = _kind(where, entry.get("kind"))
    definitions = _strings(where, "with", entry.get("with", []), MOST_DEFINITIONS)
    symmetric = _symmetric(where, _strings(where, "assume", entry.get("assume", []), MOST_DEFINITIONS))
    if kind in ("steps", "step_size"):
        return _theorem(where, name, kind, entry)
    if "steps" in entry:
        formulas = _strings(where, "steps", entry["steps"], MOST_STEPS)
    elif "latex" in entry:
        *before, last = rows(_string(where, "latex", entry["latex"])) or [""]
        if len(before) > MOST_DEFINITIONS:
            raise SpecError(where, f"has more than {MOST_DEFINITIONS} rows", "split the claim")
        definitions, formulas = (*definitions, *before), (last,)
    else:
        formulas = (_string(where, "equation", entry.get("equation")),)
    if sum(key in entry for key in _FORMULA_KEYS) > 1:
        raise SpecError(where, "has several formulas", f"give one of {', '.join(_FORMULA_KEYS)}")
    latex = "latex" in entry or ("steps" in entry and any("\\" in formula for formula in formulas))
    child = _string(where, "of", entry.get("of")) if kind == "adjoint" else None
    return Statement(name, kind, where, formulas, definitions, latex, child, None, symmetric)


def _theorem(where: str, name: str, kind: str, entry: Mapping[str, Any]) -> Statement:
    """A number of steps or a step size: a number, or a formula in L and T."""
    keys = [key for key in (("suffice", "needed") if kind == "steps" else ("h",)) if key in entry]
    if len(keys) != 1:
        wanted = 'suffice = "2 L" or needed = "2 L"' if kind == "steps" else 'h = "1/2"'
        raise SpecError(where, "does not say which number", f"write {wanted}")
    value = entry[keys[0]]
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        value = f"{value}" if "e" not in str(value) else ""
    return Statement(
        name, kind, where, child=keys[0], number=_string(where, keys[0], value), latex="\\" in str(value)[:1000]
    )  # fmt: skip


def _symmetric(where: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for line in lines:
        name, _, rest = line.rpartition(" ")
        if rest != "symmetric" or not name:
            raise SpecError(where, f"the assumption {line[:60]!r} is not understood", 'write "W_NAME symmetric"')
        found.append(name.strip())
    return tuple(found)


def _functions(table: Any) -> dict[str, str]:
    if not isinstance(table, Mapping):
        raise SpecError("functions", "must be a table", 'write sigma = "tanh" below [functions]')
    for name, meaning in table.items():
        if not _IDENTIFIER.match(name) or len(name) > 40 or name in FUNCTIONS:
            raise SpecError("functions", f"the name {name[:40]!r} cannot be used", "use letters, such as sigma")
        if meaning not in FUNCTIONS:
            raise SpecError(f"functions.{name}", "names no function", _suggest(str(meaning)[:40], FUNCTIONS))
    return dict(table)


def _tex(text: str) -> ClaimsFile:
    statements: list[Statement] = []
    opened: tuple[int, str] | None = None
    body: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        begin, end = _BEGIN.match(line), _END.match(line)
        if begin and opened:
            raise SpecError(f"line {number}", f"a claim begins inside the one of line {opened[0]}", "end that first")
        if begin:
            opened, body = (number, begin[1]), []
        elif end:
            if opened is None:
                raise SpecError(f"line {number}", "ends a claim that was not begun", "write % dyadic: begin claim ...")
            statements.append(_tex_claim(opened[0], opened[1], "\n".join(body)))
            opened = None
            if len(statements) > MOST_CLAIMS:
                raise SpecError("the file", f"holds more than {MOST_CLAIMS} claims", "split it")
        elif _MARKER.match(line):
            raise SpecError(
                f"line {number}", "a marker is not understood", "write % dyadic: begin claim or % dyadic: end"
            )
        elif opened:
            body.append(line)
    if opened:
        raise SpecError(f"line {opened[0]}", "the claim does not end", "write % dyadic: end")
    return ClaimsFile(_distinct(statements), {})


def _tex_claim(line: int, header: str, body: str) -> Statement:
    entry: dict[str, Any] = {}
    at = 0
    while match := _ATTRIBUTE.match(header, at):
        if match[1] in entry:
            raise SpecError(f"line {line}", f"{match[1]} is given twice", "give it once")
        entry[match[1]], at = match[2], match.end()
    if header[at:].strip():
        raise SpecError(
            f"line {line}", "the marker is not understood", 'write % dyadic: begin claim id="..." kind="..."'
        )
    for key in ("with", "assume"):
        if key in entry:
            entry[key] = [part.strip() for part in entry[key].split(";")]
    if entry.get("kind") not in ("steps", "step_size"):
        entry["latex"] = body
    elif not {"suffice", "needed", "h"} & set(entry):
        entry["suffice" if entry["kind"] == "steps" else "h"] = (rows(body) or [""])[-1]
    return _statement(f"the claim of line {line}", entry)


def _distinct(statements: list[Statement]) -> tuple[Statement, ...]:
    seen: set[str] = set()
    for statement in statements:
        if statement.id in seen:
            raise SpecError(statement.place, "the id is used twice", "give every claim an id of its own")
        seen.add(statement.id)
    return tuple(statements)


def _kind(where: str, value: Any) -> str:
    if not isinstance(value, str) or value not in KINDS:
        raise SpecError(
            where, "its kind is missing or unknown", _suggest(str(value)[:40] if isinstance(value, str) else "", KINDS)
        )
    return value


def _string(where: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SpecError(where, f"{key!r} is missing or is not text", f'add {key} = "..."')
    if len(value) > CLAIMED.text:
        raise SpecError(where, f"{key!r} is longer than {CLAIMED.text} characters", "split the claim")
    return value


def _strings(where: str, key: str, value: Any, most: int) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) and item.strip() for item in values):
        raise SpecError(where, f"{key!r} must be a list of texts", f'write {key} = ["...", "..."]')
    if len(values) > most:
        raise SpecError(where, f"{key!r} has more than {most} entries", "split the claim")
    return tuple(values)


def _known(where: str, table: Mapping[str, Any], keys: Collection[str]) -> None:
    for key in table:
        if key not in keys:
            raise SpecError(where, f"the key {key[:40]!r} is unknown", _suggest(key[:40], keys))


def _suggest(value: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(value, list(names), n=1)
    listed = ", ".join(names)
    return f"did you mean {close[0]!r}? (known: {listed})" if close else f"known: {listed}"
