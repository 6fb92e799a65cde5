"""A certificate alone as a document: what it states, what its checker says of it, and its equations' hashes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dyadic.paper.document import Code, Document, Math, Paragraph, Section
from dyadic.paper.glyphs import Notation
from dyadic.paper.labels import label_of
from dyadic.paper.layer_words import name_of
from dyadic.paper.verification_table import tags_table, verification
from dyadic.proofs.checker import Report

_MOST_TAGS = 400


def certificate_document(certificate: Mapping[str, Any], report: Report) -> Document:
    """certificate: one that the checker has read.  report: what the checker says of it."""
    name = certificate["architecture"]["name"]
    labels = [one["label"] for group in ("layers", "costs") for one in certificate[group].values()]
    hashes = {tag: entry["hash"] for tag, entry in certificate["equations"].items()}
    tags = [(tag, digest[:12]) for tag, digest in hashes.items()]
    left_out = f"The first {_MOST_TAGS} of {len(tags)} equations; the file holds all."
    said = [Paragraph((left_out,))] if len(tags) > _MOST_TAGS else []
    verdict = f"{certificate['verdict'].capitalize()}: the network "
    exact = f" vertices, is exact after {certificate['steps']} unit steps. SHA-256 of the certificate: "
    longest = Math(("L", "=", str(certificate["L"])))
    stated = Paragraph(
        (verdict, Code(name), ", whose longest path has ", longest, exact, _spaced(certificate["hash"]), "."),
        "Stated.",
        claim="steps",
    )
    *_, outcome = report.lines()
    checked = Paragraph((f"When this was written, dyadic check said: {outcome}.",), "Checked.")
    network = Paragraph(("SHA-256 of the network that it speaks of: ", _spaced(report.architecture), "."))
    sections = (
        Section("Verdict", (stated, checked, network), "result"),
        Section(
            "What was verified, and how",
            verification(certificate, {label: _in_words(label) for label in labels}),
            "verification",
        ),
        Section("Tags and hashes", (*said, tags_table(tags[:_MOST_TAGS])), "hashes"),
    )
    return Document(
        title=f"Certificate of {name}",
        label=label_of(name),
        sections=sections,
        notation=Notation(),
        aliases={},
        named=frozenset(),
        claims={claim["id"]: claim for claim in certificate["claims"]},
        digest=certificate["hash"],
        hashes=hashes,
    )


def _spaced(digest: str) -> Code:
    """A hash in groups between which a line can end."""
    return Code(" ".join(digest[k : k + 8] for k in range(0, len(digest), 8)))


def _in_words(label: str) -> str:
    """``dense(activation=tanh, bias=True)`` as ``dense, activation tanh, bias``."""
    type_, _, settings = label.partition("(")
    settings = re.sub(r"\((\d+),\)", r"\1", settings.removesuffix(")"))
    settings = re.sub(r"(\w+)=False", r"no \1", re.sub(r"(\w+)=True", r"\1", settings))
    return ", ".join(filter(None, (name_of(type_), settings.replace("=", " ").replace("_", " "))))
