"""The commands that write what is read on paper, and the one that looks for what was changed in it by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import dyadic
from dyadic.commands import EXIT, certificate_in, derivation_of, names_of, print_lines, verified
from dyadic.files import appendix_document, expect_apart, known_sections, reserved
from dyadic.paper import OF_ANY_NETWORK, Document, appendix_files, appendix_format, file_names, read_notation
from dyadic.printable import printable
from dyadic.rounding_files import read_bounds
from dyadic.summary import outcome
from dyadic.symbolic import DyadicError
from dyadic.symbolic.granularity import Granularity
from dyadic.symbolic.limits import regular_file
from dyadic.terminal import page, progress

_Write = Callable[[bytes], None]


def appendix(
    spec: Path, cost: str | None, granularity: Granularity | None, outputs: tuple[Path, ...], certificate: Path | None,
    notation: Path | None, sections: str | None, detail: str | None, others: tuple[Path, ...],
    generic: bool, rounding: Path | None, coq: bool,
) -> int:  # fmt: skip
    """Every ending and place is tested before the work begins."""
    formats = [appendix_format(output) for output in outputs]
    expect_apart([*outputs, *([certificate] if certificate else [])])
    if sections is not None and detail is not None:
        raise DyadicError("--sections says what there is, and so does --detail; leave one of the two out")
    names = names_of("--sections", sections)
    if names is not None:
        known_sections(names)
    if certificate and others:
        raise DyadicError("--certificate is one file, and with --with there are several certificates")
    if rounding and others:
        raise DyadicError("--rounding is about one network, and with --with there are several")
    if spec.suffix == ".json":
        more = (rounding, coq, others, certificate, notation, names, detail, cost, granularity, generic)
        if any(more) or ".tex" in formats:
            raise DyadicError(f"{spec}: a certificate alone is written as .pdf or .html and takes no further option")
        return _certificate_alone(spec, outputs)
    chosen = read_notation(notation) if notation else None
    certificates, documents = [], []
    with ExitStack() as stack:
        sources = (spec, *others, *([rounding] if rounding else []))
        every = dict.fromkeys(name for output in outputs for name in file_names(output))
        writers = {path: stack.enter_context(reserved(path, *sources)) for path in every}
        keep = stack.enter_context(reserved(certificate, *sources)) if certificate else None
        for path in (spec, *others):
            derivation = derivation_of(path, cost, granularity)
            bounds = read_bounds(rounding, derivation) if rounding else None
            found = verified(derivation, coq=coq)
            certificates.append(found)
            documents.append(
                appendix_document(
                    derivation,
                    found,
                    chosen=chosen,
                    sections=names,
                    detail=detail or "full",
                    generic=generic,
                    rounding=bounds,
                )
            )
        first, *further = documents
        _write([first, *(document.without(OF_ANY_NETWORK) for document in further)], outputs, writers)
        if keep:
            keep(found.to_json().encode())
    print_lines(outcome(one) for one in certificates if EXIT[one.verdict])
    return max((EXIT[one.verdict] for one in certificates), key=(0, 3, 1).index)


def _write(documents: Sequence[Document], outputs: Sequence[Path], writers: dict[Path, _Write]) -> None:
    """Everything is typeset before anything is written."""
    with progress("typesetting"):
        contents: dict[Path, bytes] = {}
        for output in outputs:
            contents |= appendix_files(documents, output)
    for path, content in contents.items():
        writers[path](content)


def _certificate_alone(source: Path, outputs: Sequence[Path]) -> int:
    from dyadic.paper.certificate_document import certificate_document
    from dyadic.proofs import Rejected
    from dyadic.summary import rejected_text

    regular_file(source, sys.maxsize)
    with ExitStack() as stack:
        writers = {path: stack.enter_context(reserved(path, source)) for path in outputs}
        try:
            with progress("checking"):
                content = certificate_in(source)
                found = dyadic.check(content)
        except Rejected as error:
            print_lines(rejected_text(str(error), page(sys.stdout)))
            return 1
        _write([certificate_document(content, found)], outputs, writers)
    if not found.confirmed:
        print_lines(page(sys.stdout).wrapped([*found.lines()][-1]))
    return 0 if found.confirmed else 3


def check_appendix(
    certificate: Path, spec: Path | None, cost: str | None, granularity: Granularity | None, effort: int, coq: bool
) -> int:  # fmt: skip
    """Look for formulas of a fragment that are not those that were written.  Exit status: 1 where there are some."""
    from dyadic.paper.sealed_formulas import compare

    path = certificate
    if spec or cost or granularity or coq or effort != 1:
        raise DyadicError(f"{path}: an appendix is compared with its own list of formulas and takes no option")
    regular_file(path, smaller="give the fragment that `dyadic appendix` wrote")
    try:
        found = compare(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, DyadicError) as error:
        raise DyadicError(f"{path}: {error}") from error
    print_lines(map(printable, found.lines(str(path))))
    return 0 if found.unchanged else 1
