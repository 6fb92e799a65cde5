"""Dyadic Backpropagation, derived, proved, emitted and typeset.

    import dyadic

    network = dyadic.read("examples/digits.toml")          # or .onnx, .pt2; dyadic.architecture({...}) from a mapping,
                                                           # dyadic.from_torch(module, example_input)
    derivation = dyadic.derive(network)                     # energy, Euler-Lagrange equations, ranks
    certificate = dyadic.verify(derivation)                 # claims with verdicts, a JSON-able mapping
    module_text = dyadic.emit(derivation, "numpy")          # a standalone module
    dyadic.appendix(derivation, certificate, "appendix.pdf")

Errors that a user can mend are :class:`dyadic.DyadicError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codegen import emit
from dyadic.files import write_bytes
from proofs import check, verify
from symbolic import Architecture, Derivation, DyadicError, SpecError, architecture, derive, read_spec
from symbolic.readers import from_torch, read


def appendix(derivation: Derivation, certificate: Mapping[str, Any], path: str | Path) -> None:
    """Write the paper appendix; the ending of ``path`` (.tex or .pdf) decides the format.

    A .tex file gets its .sty and .bib beside it.  No file is ever half written.
    """
    from paper import appendix_files, build_document  # typst is large and only needed here

    for name, content in appendix_files(build_document(derivation, certificate), Path(path)).items():
        write_bytes(name, content)


__all__ = [
    "Architecture", "Derivation", "DyadicError", "SpecError", "appendix", "architecture", "check", "derive", "emit",
    "from_torch", "read", "read_spec", "verify",
]  # fmt: skip
