"""Claims files: TOML, or LaTeX with claims between markers; docs/claims.md has the format.  Read with suspicion.

A claim that cannot be read does not keep the others from being read: it is listed with its error.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dyadic.proofs.statements.parsing import claim_entry
from dyadic.proofs.statements.parsing.claim_entry import known, suggest
from dyadic.proofs.statements.parsing.latex_source import rows
from dyadic.proofs.statements.semantics.equation import Statement
from dyadic.proofs.statements.semantics.vocabulary import FUNCTIONS
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.limits import regular_file

LARGEST_FILE = 2**20
MOST_CLAIMS = 1_000
_TABLES = ("functions", "names", "variables", "energies")
_LONGEST_LINE = 40_000
_LONGEST_NAME = 100
_HEAD = ("functions", "names", "layers", "at", "first", "layout", "assume", "macros", "variables", "energies")
# A key of very many parts takes the TOML parser quadratic time: refused before it is parsed.
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){32}")
_BEGIN = re.compile(r"^[ \t]*%[ \t]*dyadic:[ \t]*begin[ \t]+claim\b(.*)$")
_END = re.compile(r"^[ \t]*%[ \t]*dyadic:[ \t]*end\b[ \t]*(.*)$")
_SETTINGS = re.compile(r"^[ \t]*%[ \t]*dyadic:[ \t]*settings\b(.*)$")
_ARCHITECTURE = re.compile(r"^[ \t]*%[ \t]*dyadic:[ \t]*architecture\b[ \t]*(.*?)[ \t]*$")
_MARKER = re.compile(r"^[ \t]*%[ \t]*dyadic:")
_ATTRIBUTE = re.compile(r'\s*(\w+)\s*=\s*"([^"]*)"')
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
# Texts, comments and the heads of claims: the lines on which these stand.
_TOML_PART = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|^[ \t]*\[\[[ \t]*claim[ \t]*\]\]',
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Failure:
    """A claim that cannot be read or examined: its name as far as that is known, its line (0: not known), and why."""

    id: str
    line: int
    error: SpecError

    @property
    def pointed(self) -> tuple[str, ...]:
        """The formula at fault and below it a caret, if a formula is at fault."""
        return self.error.pointed

    def as_dict(self) -> dict[str, Any]:
        found = {"id": self.id, "line": self.line or None, "problem": self.error.problem, "remedy": self.error.remedy}
        if self.pointed:
            found |= {"formula": self.pointed[0], "column": len(self.pointed[1])}
        return found


@dataclass(frozen=True)
class ClaimsFile:
    """The claims in order, aliases of functions (``sigma = "tanh"``), and the claims that could not be read.

    names: the author's, of quantities.  layers: those that the author numbers, from 0.  architecture: the file of the
    network, if a paper says it.
    """

    statements: tuple[Statement, ...]
    functions: dict[str, str]
    failures: tuple[Failure, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    architecture: str = ""


def architecture_of(path: str | Path) -> Path:
    """The file of the network that a paper names, which stands in the paper's folder or below it.

    Raises :class:`SpecError`.
    """
    path = Path(path)
    name = read_claims(path).architecture
    wanted = "write % dyadic: architecture network.toml, or give SPEC"
    if not name:
        raise SpecError(str(path), "does not say of which network it speaks", wanted)
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts or Path(name).suffix not in (".toml", ".onnx", ".pt2"):
        raise SpecError(str(path), f"the architecture {name[:60]!r} is no .toml, .onnx or .pt2 file beside it", wanted)
    return path.parent / name


def read_claims(path: str | Path) -> ClaimsFile:
    """Read a claims file; the ending .tex decides the format.  Raises :class:`SpecError` that names the place."""
    path = Path(path)
    text = _text(path)
    try:
        found = _tex(text) if path.suffix == ".tex" else _toml(text)
    except SpecError as error:
        raise SpecError(f"{path}: {error.where}", error.problem, error.remedy) from error
    if not found.statements and not found.failures:
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


def _collected(entries: Iterator[tuple[str, Any, int]], head: Mapping[str, Any]) -> ClaimsFile:
    """The claims of (where, table, line); what is wrong with one is kept for its report.

    head: what the file says for all of them.
    """
    given = claim_entry.defaults(head)
    functions, names = _functions(head.get("functions", {})), _names(head.get("names", {}))
    layers = claim_entry.strings("the file", "layers", head.get("layers", []), MOST_CLAIMS)
    statements: list[Statement] = []
    failures: list[Failure] = []
    seen: dict[str, Statement] = {}
    for where, entry, line in entries:
        try:
            found = claim_entry.statement(where, entry, given, line)
            if found.id in seen:
                raise SpecError(found.place, "the id is used twice", "give every claim an id of its own")
            found = _with_earlier(found, seen)
            seen |= dict.fromkeys((found.id, *found.labels), found)
            statements.append(found)
        except SpecError as error:
            name = entry.get("id") if isinstance(entry, Mapping) else None
            failures.append(Failure(name if isinstance(name, str) else where, line, error))
    return ClaimsFile(tuple(statements), functions, tuple(failures), names, layers)


def _with_earlier(found: Statement, earlier: Mapping[str, Statement]) -> Statement:
    """With the definitions of the claims that it uses; their equations need no mention, for they are not assumed."""
    before: dict[str, None] = {}
    for name in found.uses:
        if name not in earlier:
            raise SpecError(found.place, f"uses {name[:40]!r}, which is no earlier claim or label", "move it down")
        if earlier[name].latex != found.latex and earlier[name].definitions:
            raise SpecError(found.place, f"uses {name[:40]!r}, which is in the other notation", "write both in one")
        before |= dict.fromkeys(earlier[name].definitions)
    definitions = tuple(dict.fromkeys((*before, *found.definitions)))
    if len(definitions) > claim_entry.MOST_DEFINITIONS:
        raise SpecError(found.place, "has too many definitions, with those that it uses", "split the claim")
    return replace(found, definitions=definitions)


# -- TOML


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
    known("the file", data, ("claim", *_HEAD))
    claims = data.get("claim", [])
    if not isinstance(claims, list):
        raise SpecError("claim", "must be a list", "write [[claim]] before its keys")
    if len(claims) > MOST_CLAIMS:
        raise SpecError("the file", f"holds more than {MOST_CLAIMS} claims", "split it")
    lines = _lines(text, len(claims))
    numbered = enumerate(zip(claims, lines, strict=True), 1)
    entries = ((f"claim {number}", entry, line) for number, (entry, line) in numbered)
    return _collected(entries, data)


def _lines(text: str, count: int) -> list[int]:
    """The line of every claim's head; 0 for each if they are written in another way."""
    heads = [match.start() for match in _TOML_PART.finditer(text) if match[0].lstrip().startswith("[[")]
    return [text.count("\n", 0, at) + 1 for at in heads] if len(heads) == count else [0] * count


def _functions(table: Any) -> dict[str, str]:
    if not isinstance(table, Mapping):
        raise SpecError("functions", "must be a table", 'write sigma = "tanh" below [functions]')
    table = {name.removeprefix("\\"): meaning for name, meaning in table.items()}
    for name, meaning in table.items():
        if not _IDENTIFIER.match(name) or len(name) > 40 or name in FUNCTIONS:
            raise SpecError("functions", f"the name {name[:40]!r} cannot be used", "use letters, such as sigma")
        if meaning not in FUNCTIONS:
            raise SpecError(f"functions.{name}", "names no function", suggest(str(meaning)[:40], FUNCTIONS))
    return dict(table)


def _names(table: Any) -> dict[str, str]:
    if not isinstance(table, Mapping) or not all(isinstance(value, str) for value in table.values()):
        raise SpecError("names", "must be a table of texts", 'write theta = "W_NAME" below [names]')
    if len(table) > MOST_CLAIMS or any(len(text) > _LONGEST_NAME for pair in table.items() for text in pair):
        raise SpecError("names", "are too many, or too long", f"names have at most {_LONGEST_NAME} characters")
    return dict(table)


# -- LaTeX


def _tex(text: str) -> ClaimsFile:
    settings: dict[str, str] = {}
    claims = list(_displays(text, settings))
    architecture = settings.pop("architecture", "")
    if len(claims) > MOST_CLAIMS:
        raise SpecError("the file", f"holds more than {MOST_CLAIMS} claims", "split it")
    known("the settings", settings, _HEAD)
    head: dict[str, Any] = dict(settings)
    if "\\" in text and text.strip():
        head["macros"] = text
    head |= {key: _listed(settings[key]) for key in ("assume", "layers") if key in settings}
    head |= {key: _table(key, settings[key]) for key in _TABLES if key in settings}
    entries = ((f"the claim of line {line}", _tex_entry(header, body), line) for line, header, body in claims)
    return replace(_collected(entries, head), architecture=architecture)


def _displays(text: str, settings: dict[str, str]) -> Iterator[tuple[int, dict[str, str], str]]:
    """(line, attributes, source) of every claim; what the file says for all of them goes into ``settings``."""
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
            yield opened[0], _attributes(opened[0], opened[1]), "\n".join(body)
            opened = None
        elif (match := _SETTINGS.match(line)) and not opened:
            settings |= _attributes(number, match[1])
        elif (match := _ARCHITECTURE.match(line)) and not opened:
            if "architecture" in settings or not match[1]:
                problem = "names an architecture twice, or none"
                raise SpecError(f"line {number}", problem, "write % dyadic: architecture network.toml")
            settings["architecture"] = match[1]
        elif _MARKER.match(line):
            wanted = "write % dyadic: begin claim, % dyadic: end, % dyadic: settings or % dyadic: architecture"
            raise SpecError(f"line {number}", "a marker is not understood", wanted)
        elif opened:
            body.append(line)
    if opened:
        raise SpecError(f"line {opened[0]}", "the claim does not end", "write % dyadic: end")


def _attributes(line: int, header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while match := _ATTRIBUTE.match(header, at):
        if match[1] in found:
            raise SpecError(f"line {line}", f"{match[1]} is given twice", "give it once")
        found[match[1]], at = match[2], match.end()
    if header[at:].strip():
        raise SpecError(
            f"line {line}", "the marker is not understood", 'write % dyadic: begin claim id="..." kind="..."'
        )
    return found


def _tex_entry(header: dict[str, str], body: str) -> dict[str, Any]:
    entry: dict[str, Any] = dict(header)
    for key in ("with", "assume", "uses"):
        if key in entry:
            entry[key] = _listed(entry[key])
    if entry.get("kind") not in ("steps", "step_size"):
        entry["latex"] = body
    elif not {"suffice", "needed", "h"} & set(entry):
        entry["suffice" if entry["kind"] == "steps" else "h"] = (rows(body) or [""])[-1]
    return entry


def _table(key: str, text: str) -> dict[str, str]:
    """``sigma = tanh; phi = relu``."""
    found: dict[str, str] = {}
    for part in _listed(text):
        name, equals, meaning = part.partition("=")
        if not equals or name.strip() in found:
            raise SpecError("the settings", f"{key} are not understood", f'write {key}="name = meaning; ..."')
        found[name.strip()] = meaning.strip()
    return found


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]
