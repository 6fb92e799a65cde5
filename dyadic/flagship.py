"""The project's own appendix: one network in full, and both abstracts of the paper, sentence by sentence.

``make flagship`` writes it to paper/flagship, and a test holds it to what the code writes today.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import dyadic
from dyadic.files import appendix_document, write_bytes
from dyadic.paper import Document, appendix_files
from dyadic.paper.abstracts_section import AbstractClaim, abstracts_section
from dyadic.physics.abstracts import READING, abstract_claims
from dyadic.proofs.claims import Claim
from dyadic.symbolic import Derivation

NETWORK = Path("examples/digits.toml")
FOLDER = Path("paper/flagship")
_HASHES = re.compile(r"\\dyadiccode\{[0-9a-f]{8}(?: [^}]*)?\}")


def flagship_document() -> Document:
    """The appendix of :data:`NETWORK` with a section on the abstracts before the hashes."""
    derivation = dyadic.derive(dyadic.read(NETWORK))
    document = appendix_document(derivation, dyadic.verify(derivation))
    *before, hashes = document.sections
    return replace(document, sections=(*before, abstracts_section(_claims(derivation), READING), hashes))


def _claims(derivation: Derivation) -> list[AbstractClaim]:
    return [
        AbstractClaim(
            sentence.version, sentence.number, sentence.gist, claim.id, claim.statement, str(claim.verdict), _why(claim)
        )
        for sentence in abstract_claims(derivation)
        for claim in sentence.claims
    ]  # fmt: skip


def _why(claim: Claim) -> str:
    """The reason of a verdict, and the counterexample."""
    shown = [f"{name.replace('_', ' ')}: {_listed(value)}" for name, value in (claim.counterexample or {}).items()]
    return "; ".join(filter(None, [claim.reason, *shown]))


def _listed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {part}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def comparable(text: str) -> str:
    """The fragment without the hash of the certificate, which names the versions of what it was made with."""
    return _HASHES.sub(r"\\dyadiccode{}", text, count=1)


def main() -> None:
    """Write the fragment with what it needs, and the PDF."""
    document = flagship_document()
    for name in ("appendix.tex", "appendix.pdf"):
        for path, content in appendix_files(document, FOLDER / name).items():
            write_bytes(path, content)
            sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
