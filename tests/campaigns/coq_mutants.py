"""``python -m campaigns.coq_mutants``: mistakes in the printed equations of five networks, before Coq's kernel.

None may be accepted, but for those that change no value: of these Coq finds that both sides are the same polynomials.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from support.coq_networks import NETWORKS, certificate, mutants, verdicts

from dyadic.proofs.methods import machine
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.formal.script import network


def main():
    wrong = 0
    with TemporaryDirectory() as place:
        put_library(Path(place), machine.FORMAL)
        for name, case in NETWORKS.items():
            written = network(certificate(*case))
            found = list(mutants(written))
            own, answers = verdicts(Path(place), written, found)
            refused = sum(not accepted for accepted, _ in answers)
            same = sum(accepted and equal for accepted, equal in answers)
            wrong += not all(own) or refused + same != len(found)
            print(
                f"{name:<13} {len(found)} mutants: {refused} refused, {same} change no value",
                flush=True,
            )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
