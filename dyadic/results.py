"""Certificates as objects: what ``dyadic.verify`` returns and ``dyadic.check`` reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, NoReturn

from dyadic.files import json_bytes, json_text, write_bytes
from dyadic.proofs import recheck, verification
from dyadic.proofs.certificate import architecture_content
from dyadic.proofs.checker import Rejected, Report
from dyadic.proofs.checker.intake.graph import architecture_hash
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.verification import Notes
from dyadic.shorts import short
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError


class RejectedCertificate(Rejected, DyadicError):
    """A certificate that does not hold, or is none; ``field`` is the part at fault."""


_PARTS = {"architecture", "claims", "L", "steps", "verdict", "hash"}


def _fixed(self: Any, *arguments: Any, **options: Any) -> NoReturn:
    raise TypeError("a certificate cannot be changed; copy.deepcopy(dict(certificate)) is a mapping that can")


class _FixedList(list[Any]):
    """A list in a certificate."""

    append = extend = insert = remove = pop = clear = sort = reverse = _fixed
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _fixed

    def __deepcopy__(self, memo: Any) -> list[Any]:
        return [deepcopy(item, memo) for item in self]

    def __reduce__(self) -> tuple[Any, ...]:
        return _FixedList, (list(self),)


class _FixedMapping(dict[str, Any]):
    """A mapping in a certificate, and what is in it."""

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = __ior__ = _fixed

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__({key: _as_fixed(value) for key, value in content.items()})

    def __deepcopy__(self, memo: Any) -> dict[str, Any]:
        return {key: deepcopy(value, memo) for key, value in self.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def _as_fixed(node: Any) -> Any:
    if isinstance(node, _FixedMapping | _FixedList):
        return node
    if isinstance(node, Mapping):
        return _FixedMapping(node)
    return _FixedList(map(_as_fixed, node)) if isinstance(node, list | tuple) else node


class Certificate(_FixedMapping):
    """All that is claimed of an architecture, and what it takes to check it again.

    It is the JSON document of docs/certificate.schema.json as a mapping that nobody can change, nor what is in it:
    ``certificate["L"]`` and ``json.dumps(certificate)`` work.  The attributes are the same, typed.
    Raises :class:`RejectedCertificate` for what has not the form of a certificate.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        if not isinstance(content, Mapping) or not set(content) >= _PARTS:
            raise RejectedCertificate("certificate", "has not the form of one: write dyadic.verify(derivation)")
        super().__init__(content)

    def __deepcopy__(self, memo: Any) -> Certificate:
        return self

    @property
    def name(self) -> str:
        """The architecture's name."""
        return str(self["architecture"]["name"])

    @property
    def verdict(self) -> Verdict:
        """Refuted if any claim is, else undecided if any is, else proved."""
        return Verdict(self["verdict"])

    @property
    def L(self) -> int:
        """The largest depth, counted in vertices."""
        return int(self["L"])

    @property
    def steps(self) -> int:
        """The number of unit steps that is claimed to be enough."""
        return int(self["steps"])

    @property
    def compared(self) -> int | None:
        """At how many random points the gradients were compared with those of the program that the network was made of.

        0 if they were not; None where there is no program that has gradients of its own.
        """
        return self.get("compared")

    @property
    def hash(self) -> str:
        """SHA-256 of the contents: 64 hexadecimal digits."""
        return str(self["hash"])

    @property
    def architecture(self) -> str:
        """SHA-256 of the network that it speaks of, whatever that is called; ``dyadic check`` prints it too."""
        return architecture_hash(self)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The claims in the order in which they were made; the theorem, ``steps``, is the last."""
        return tuple(_claim(record) for record in self["claims"])

    def claim(self, name: str) -> Claim:
        """The claim with this id.  Raises :class:`DyadicError` where there is none."""
        for claim in self.claims:
            if claim.id == name:
                return claim
        raise DyadicError(f"no claim is called {name!r}; there are: {', '.join(claim.id for claim in self.claims)}")

    def to_json(self) -> str:
        """The document as text; equal certificates give equal texts."""
        return json_text(dict(self)) + "\n"

    def write(self, path: str | Path) -> None:
        """Write the document, whole or not at all.  Raises :class:`DyadicError` where that fails."""
        write_bytes(Path(path), json_bytes(dict(self)))

    @classmethod
    def read(cls, path: str | Path) -> Certificate:
        """A certificate from a file.  What it says is not checked: :func:`dyadic.check` does that.

        Raises :class:`RejectedCertificate` where the file is no JSON, or has not the form of a certificate.
        """
        from dyadic.proofs.checker.intake import form, source

        with _rejecting():
            content = source.read(str(path))
            form.CERTIFICATE(content, "")
        return cls(content)

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {verdict}" for verdict, number in self._counts())
        return f"<Certificate {self.name!r}: {self.verdict}, L = {self.L}, {self.steps} steps, {counts}>"

    def _counts(self) -> Iterator[tuple[Verdict, int]]:
        found = [Verdict(record["verdict"]) for record in self["claims"]]
        return ((verdict, found.count(verdict)) for verdict in Verdict if verdict in found)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{claim.verdict}</td><td>{escape(claim.id)}</td><td>{escape(short(claim))}</td></tr>"
            for claim in self.claims
        )
        head = "<tr><th>verdict</th><th>claim</th><th>in short</th></tr>"
        return f"<table><caption>{escape(repr(self)[1:-1])}</caption>{head}{rows}</table>"


def _claim(record: Mapping[str, Any]) -> Claim:
    """A claim of a certificate."""
    return Claim(
        record["id"], record["statement"], Verdict(record["verdict"]), record["method"], tuple(record["hypotheses"]),
        tuple(record["trusted"]), record["counterexample"], record["witness"], record["reason"],
        kind=record["kind"], subject=record["subject"], numbers=record["numbers"],
    )  # fmt: skip


@contextmanager
def _rejecting() -> Iterator[None]:
    """The checker, which imports nothing of the project, has an error of its own; here it is a DyadicError as well."""
    try:
        yield
    except Rejected as error:
        raise RejectedCertificate(error.field, error.reason) from error


def verify(
    derivation: Derivation,
    steps: int | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    coq: bool = False,
    methods: Sequence[str] | None = None,
    deep: bool = False,
    notes: Notes | None = None,
) -> Certificate:
    """Prove, refute or leave undecided every claim about a derivation.

    Parameters
    ----------
    steps: the number of unit steps claimed, at most 2^31; by default the largest rank T, which is 2L for one output.
    progress: called with the name of each stage as it starts.
    coq: also have Coq check the theorem and this network's instance of it (undecided where coqc is absent).
    methods: names that ``dyadic explain`` lists; by default all that are not costly.  What the theorem then lacks
        leaves the claim ``steps`` undecided.
    deep: also the costlier methods.  Those that do not fit the network are listed under "not_run".
    notes: is told the times, and the reasons why methods did not fit.

    Raises :class:`DyadicError` for a method that does not exist, or a number of steps that is none.
    """
    expect_derivation(derivation)
    if steps is not None and not (isinstance(steps, int) and not isinstance(steps, bool) and 0 <= steps <= 2**31):
        raise DyadicError(f"steps = {steps!r}: write an integer from 0 to 2^31")
    return Certificate(verification.verify(derivation, steps, progress, coq, methods, deep, notes))


def check(
    certificate: Mapping[str, Any], derivation: Derivation | None = None, effort: int = 1, coq: bool = False
) -> Report:
    """Verify a certificate again, from its contents alone; derivation: of the network of which it has to speak.

    effort: how many times the usual work may be spent on it; what takes more is rejected.
    coq: also have Coq check the network's own equations.
    Raises :class:`RejectedCertificate`, a :class:`DyadicError` that names the field, if any part does not hold.
    """
    if derivation is not None:
        expect_derivation(derivation)
    if not isinstance(effort, int) or isinstance(effort, bool) or effort < 1:
        raise DyadicError(f"effort = {effort!r:.60}: write a positive integer")
    wanted = None if derivation is None else architecture_content(derivation)
    values = None if derivation is None else derivation.architecture.values
    with _rejecting():
        content = dict(certificate) if isinstance(certificate, Mapping) else certificate
        return recheck.check(content, wanted, effort, coq, values)


__all__ = ["Certificate", "RejectedCertificate", "check", "verify"]
