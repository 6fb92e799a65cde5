"""The checker: verifies a certificate again from its contents alone, and imports nothing of the rest of the project.

    python -m dyadic.proofs.checker FILE

    form.py       every field typed and bounded            names.py         each name means one thing
    shapes.py     sizes and shapes fit                     graph.py         structure, hashes, terms, ranks
    wording.py    what each kind of claim says             verdicts.py      the claims against their data
    equations.py  index equations modulo a prime           pairing.py       every layer against its own definitions
    simulation.py the whole network against forward mode   relaxation.py    all steps on opaque terms
    witnesses.py  recorded data, read                      confirmation.py  what all of it amounts to
    replay.py     the proof of a layer's equations (obligations, expansion, rules, terms, forms, facts)
    functions.py  a scalar function's derivative (definitions, formulas, tower)
    instances.py  every printed equation (demands, normal, entrywise)
    variational.py the three constructions                 source.py        the file, within limits

It needs the standard library, and python-flint for the derivatives of functions: without it they stay open.
"""

from __future__ import annotations

from dyadic.proofs.checker.confirmation import check
from dyadic.proofs.checker.findings import Done, Finding, Report
from dyadic.proofs.checker.reading import Rejected

__all__ = ["Done", "Finding", "Rejected", "Report", "check"]
