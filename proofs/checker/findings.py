"""What the checker says of a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Done(StrEnum):
    """What was done about one claim."""

    REPLAYED = "replayed"  # its proof, step by step, for all sizes
    COMPUTED = "computed"  # from the certificate, with no chance of error
    EVALUATED = "evaluated"  # at numbers, with primes of the checker's own
    RELIED = "relied on"  # a theorem that holds for every network
    STATED = "stated"  # by the prover, and not looked at again
    UNKNOWN = "unknown"  # nothing the checker knows: it does not count


DONE = {
    Done.REPLAYED: "its proof was replayed for all sizes",
    Done.COMPUTED: "computed again from the certificate",
    Done.EVALUATED: "evaluated with primes of the checker's own",
    Done.RELIED: "a theorem that is relied on",
    Done.STATED: "stated by the prover, not checked",
    Done.UNKNOWN: "not a claim that is known here: not checked, does not count",
}


@dataclass(frozen=True)
class Finding:
    """What was done about one claim, and with what."""

    claim: str
    done: Done
    detail: str


@dataclass(frozen=True)
class Report:
    """What a certificate that holds is worth.

    open: what ``steps`` rests on and was not verified again, and why; nothing if the certificate is confirmed.
    """

    findings: tuple[Finding, ...]
    open: tuple[str, ...]

    @property
    def confirmed(self) -> bool:
        """Whether ``steps`` and all that it rests on were verified again."""
        return not self.open

    @property
    def verdict(self) -> str:
        return "CONFIRMED" if self.confirmed else "PARTLY"

    def lines(self) -> list[str]:
        """The report as it is printed."""
        found = [f"{f.done.upper():<10} {f.claim}: {f.detail}" for f in self.findings]
        found += [f"OPEN       {reason}" for reason in self.open]
        counts = [f"{n} {done}" for done in Done if (n := sum(f.done is done for f in self.findings))]
        rest = "steps and all that it rests on were verified again" if self.confirmed else f"{len(self.open)} open"
        return [*found, f"{self.verdict}: {rest}; {', '.join(counts)}"]
