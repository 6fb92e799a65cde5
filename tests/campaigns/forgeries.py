"""``make forgeries``: certificates forged in every way that comes to mind, and what the checker says of each.

Every digest, hash and text that can be made to fit is made to fit.  None may be confirmed, and nothing but Rejected may
leave the checker.  ``python -m campaigns.forgeries`` prints the table; the tests run a sample.
"""

from __future__ import annotations

import sys

from campaigns import (
    forged_evasions,
    forged_functions,
    forged_names,
    forged_networks,
    forged_numbers,
    forged_sizes,
    forged_texts,
)
from campaigns.forged import FORGERIES
from dyadic.proofs.checker import Rejected
from dyadic.proofs.checker.confirmation import examined

MADE_BY = forged_networks, forged_texts, forged_evasions, forged_sizes, forged_functions, forged_numbers, forged_names
"""What fills the table."""


def outcome(name):
    """(REJECTED, PARTLY, CONFIRMED or UNCAUGHT, the place or the first reason)."""
    try:
        report = examined(FORGERIES[name]())
    except Rejected as error:
        return "REJECTED", error.field
    except Exception as error:
        return "UNCAUGHT", repr(error)
    return report.verdict, report.open[0] if report.open else ""


def main():
    counts: dict[str, int] = {}
    for name in FORGERIES:
        found, place = outcome(name)
        counts[found] = counts.get(found, 0) + 1
        print(f"{name:<52} {found:<10} {place:.100}", flush=True)
    print(f"{len(FORGERIES)} forgeries: " + ", ".join(f"{n} {found}" for found, n in sorted(counts.items())))
    return int(bool({"CONFIRMED", "UNCAUGHT"} & set(counts)))


if __name__ == "__main__":
    sys.exit(main())
