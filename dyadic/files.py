"""Writing whole files or none, in places that are tested before the work begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dyadic.scratch import Output, OutputFolder, write_whole
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError, expect, unwritable

if TYPE_CHECKING:
    from dyadic.paper import Document
    from dyadic.physics.prior_bounds import PriorCertificate
    from dyadic.physics.rounding import RoundingCertificate


def appendix(
    derivation: Derivation,
    certificate: Mapping[str, Any],
    path: str | Path,
    *,
    sections: Sequence[str] | None = None,
    detail: str = "full",
    rounding: RoundingCertificate | PriorCertificate | None = None,
) -> None:
    """Write the paper appendix; the ending of ``path`` (.tex, .pdf or .html) decides the format.

    sections: which of them, by default those of the ``detail``, ``full`` or ``short``.  A .tex file gets its .sty and
    .bib beside it.  No file is ever half written.  rounding: what :func:`dyadic.certify` returned for this derivation.

    Raises :class:`DyadicError` for a section or detail that there is not, and for a certificate of other equations.
    """
    from dyadic.paper import DETAILS, appendix_files
    from dyadic.rounding_files import run_bounds

    if detail not in DETAILS:
        raise DyadicError(f"there is no detail {detail!r}; there are: {', '.join(DETAILS)}")
    if sections is not None:
        known_sections(sections)
    expect_derivation(derivation)
    bounds = None if rounding is None else run_bounds(rounding.as_dict(), derivation)
    document = appendix_document(derivation, certificate, sections=sections, detail=detail, rounding=bounds)
    for name, content in appendix_files(document, Path(path)).items():
        write_bytes(name, content)


def known_sections(names: Sequence[str]) -> None:
    """Raises :class:`DyadicError` for a section that no appendix has, and where there is none."""
    from dyadic.paper import SECTIONS

    unknown = [name for name in names if name not in SECTIONS]
    if unknown or not names:
        which = f"there is no section {', '.join(map(repr, unknown))}" if unknown else "an appendix needs a section"
        raise DyadicError(f"{which}; there are: {', '.join(SECTIONS)}")


def appendix_document(derivation: Derivation, certificate: Mapping[str, Any], **choices: Any) -> Document:
    """What an appendix says; ``choices`` are those of :func:`dyadic.paper.build_document`.

    Raises :class:`DyadicError` if the certificate is that of other equations.
    """
    expect_derivation(derivation)
    expect("certificate", certificate, Mapping)
    try:
        stated = {tag: entry["hash"] for tag, entry in certificate["equations"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise DyadicError("the certificate has not the form of one; give what dyadic.verify returns") from error
    if stated != {tag: equation.hash for tag, equation in derivation.equations.items()}:
        raise DyadicError("the certificate is not that of this derivation; verify it and give what that returns")
    from dyadic.paper import build_document  # typst is large and only needed here

    return build_document(derivation, certificate, **choices)


@contextmanager
def reserved(path: Path, *sources: Path | None) -> Iterator[Callable[[bytes], None]]:
    """A place for a file, tested now and written once.

    Raises :class:`DyadicError` where it cannot be written, or is one of the ``sources`` that are read.
    """
    if not path.name:
        raise DyadicError(f"{path}: is the name of a folder; give that of a file")
    if path == Path("-"):
        raise DyadicError("-: this cannot be written to standard output; give the name of a file")
    _spare([source for source in sources if source is not None], path)
    with _writable(path):
        output = Output(path)

    def write(content: bytes) -> None:
        with _writable(path):
            output.write(content)

    try:
        yield write
    finally:
        output.close()


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """What the system refuses is a :class:`DyadicError` that names the output."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def _spare(sources: Sequence[Path], *outputs: Path) -> None:
    """Refuse an output that is the very file that is read."""
    for output, source in product(outputs, sources):
        with suppress(OSError):  # one of them is not there
            if output.samefile(source):
                raise DyadicError(f"{output}: is the input itself and would be lost; choose another place")


def expect_apart(paths: Sequence[Path]) -> None:
    """Refuse two outputs at one place."""
    places = [path.resolve() for path in paths]
    twice = [path for k, path in enumerate(paths) if places[k] in places[:k]]
    if twice:
        raise DyadicError(f"{twice[0]}: is given twice")


@contextmanager
def reserved_folder(path: Path, source: Path) -> Iterator[Callable[[Mapping[str, bytes]], None]]:
    """A place for a folder, tested now and written once: all its files or none, and never over the ``source``."""
    if path == Path("-"):
        raise DyadicError("-: a folder cannot be written to standard output; give its name")
    with _writable(path):
        output = OutputFolder(path)

    def write(contents: Mapping[str, bytes]) -> None:
        _spare([source], *(path / name for name in contents))
        with _writable(path):
            output.write(contents)

    try:
        yield write
    finally:
        output.close()


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary file beside ``path`` and rename it: never half a file."""
    with _writable(path):
        write_whole(path, content)


def json_bytes(content: Any) -> bytes:
    """A JSON document as a file holds it."""
    return (json_text(content) + "\n").encode()


def json_text(content: Any, level: int = 0) -> str:
    """JSON with a line for each entry of a mapping, and an expression on one line: half the bytes of indenting it."""
    blanks = " " * (level + 1)
    if isinstance(content, dict) and content:
        lines = (
            f"{blanks}{json.dumps(str(k), ensure_ascii=False)}: {json_text(v, level + 1)}" for k, v in content.items()
        )
        return "{\n" + ",\n".join(lines) + f"\n{blanks[1:]}}}"
    if isinstance(content, list) and any(isinstance(item, dict) for item in content):
        return "[\n" + ",\n".join(blanks + json_text(item, level + 1) for item in content) + f"\n{blanks[1:]}]"
    return json.dumps(content, ensure_ascii=False)
