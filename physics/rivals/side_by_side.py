"""All methods on one network, side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from html import escape

import numpy as np

from dyadic.physics.dynamics import built
from dyadic.physics.given_numbers import positive
from dyadic.physics.held_values import as_defined
from dyadic.physics.loading import emitted_network
from dyadic.physics.rivals import (
    dual_propagation,
    feedback_alignment,
    finite_time,
    lagrangians,
    predictive_coding,
    symmetric_energy,
    vector_fields,
)
from dyadic.physics.rivals.allowance import SECONDS, OutOfTime, allowed
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.rivals.descent import NotAtRest
from dyadic.physics.rivals.field_equations import field_equations
from dyadic.physics.rivals.method import MethodTrial, RivalMethod
from dyadic.physics.starts import Source, parameters, problem
from dyadic.physics.updates import Updates
from dyadic.proofs.claims import Claim
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError

METHODS: tuple[RivalMethod, ...] = (
    *finite_time.METHODS[:1], *vector_fields.METHODS, *symmetric_energy.METHODS, *dual_propagation.METHODS,
    *predictive_coding.METHODS, *finite_time.METHODS[1:], *lagrangians.METHODS, *feedback_alignment.METHODS,
)  # fmt: skip
LEFT_OUT = {
    "least-control principle (arXiv:2207.01332)": (
        "only its abstract was at hand; which limit makes its gradient backpropagation's could not be settled"
    ),
    "Hamiltonian echo learning (arXiv:2506.06248)": (
        "it is stated for time-reversible Hamiltonian trajectories, which a feedforward network's relaxation is not; "
        "the signs of its echo could not be settled from the abstract"
    ),
}
"""Methods that are not compared, each with the reason."""
_COLUMNS = (
    "method", "source", "form", "needs", "setting", "relative error", "cosine", "steps to 1e-6",
    "vertex updates to 1e-6", "updates in a step", "claims",
)  # fmt: skip
"""The steps, and what they cost, are those to a gradient error of 1e-6; they stand in a line of their own, as their
setting is one of its own."""


@dataclass(frozen=True)
class Row:
    """A method with what it did; ``reason`` where it does not apply to the network, or finds nothing.

    tried: whether it applies.

    equations, latex: as the engine derived them, from the method's energy, or from the field that it moves by; then how
    the method combines these.
    """

    method: RivalMethod
    trial: MethodTrial | None
    reason: str = ""
    equations: tuple[str, ...] = ()
    latex: tuple[str, ...] = ()
    tried: bool = True

    @property
    def without(self) -> str:
        """Why there are no numbers."""
        return self.reason if self.tried else f"does not apply: {self.reason}"

    @property
    def claims(self) -> tuple[Claim, ...]:
        return () if self.trial is None else self.trial.claims


@dataclass(frozen=True)
class Comparison:
    """The methods on one network."""

    name: str
    rows: tuple[Row, ...]
    decayed: bool = False

    @property
    def caption(self) -> str:
        """What is compared.  ``decayed``: whether the cost has weight decay, which every method would add alike."""
        what = f"{self.name}: gradients against backpropagation's on one sample"
        return f"{what}, both without weight decay" if self.decayed else what

    def row(self, method: str) -> Row:
        """The row of a method by its id."""
        return next(row for row in self.rows if row.method.id == method)

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(claim for row in self.rows for claim in row.claims)

    def lines(self) -> list[tuple[str, ...]]:
        """The table: a line for every setting, with :data:`_COLUMNS`."""
        found: list[tuple[str, ...]] = []
        for row in self.rows:
            head = (row.method.title, row.method.source, row.method.form, "; ".join(row.method.needs))
            if row.trial is None:
                found.append((*head, row.without, "", "", "", "", "", ""))
                continue
            verdicts = "; ".join(f"{claim.id} {claim.verdict}" for claim in row.claims)
            for position, one in enumerate(row.trial.measurements):
                last = ("", "", "", verdicts if position == 0 else "")
                found.append((*head, one.setting, *one.shown(".3g"), *last))
            effort = row.trial.effort
            taken = ("not reached", effort.reason) if effort.steps is None else (str(effort.steps), str(effort.updates))
            found.append((*head, f"to an error of 1e-6: {effort.setting}", "", "", *taken, str(effort.per_step), ""))
        return found

    def to_csv(self) -> str:
        """The table, a line for every setting."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(self.lines())
        return stream.getvalue()

    def to_html(self) -> str:
        """The table, the claims and the equations as they were derived, as a fragment of a page."""
        head = "".join(f"<th>{escape(column)}</th>" for column in _COLUMNS)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>\n" for line in self.lines())
        claims = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in (claim.verdict, claim.id, claim.statement))}"
            f"<td>{'<br>'.join(map(escape, details(claim)))}</td></tr>\n"
            for claim in self.claims
        )
        derived = "".join(
            f"<h3>{escape(row.method.title)}</h3>\n<pre>{escape(chr(10).join(row.equations))}</pre>\n"
            for row in self.rows
            if row.equations
        )
        out = "".join(f"<li>{escape(name)}: {escape(reason)}</li>\n" for name, reason in LEFT_OUT.items())
        return (
            f"<table><caption>{escape(self.caption)}</caption>\n<tr>{head}</tr>\n{body}</table>\n"
            "<table>\n<tr><th>verdict</th><th>claim</th><th>statement</th><th>hypotheses, reasons, numbers</th></tr>\n"
            f"{claims}</table>\n"
            f"{derived}<p>Not compared:</p>\n<ul>\n{out}</ul>\n"
        )

    def to_latex(self) -> str:
        """The tables, the claims and the equations as they were derived; the document needs amsmath and longtable."""
        methods = _longtable(
            ("method", "needs", "form", "source"), "p{2.5cm}p{3.5cm}p{4.5cm}p{3cm}",
            [(m.title, "; ".join(m.needs), m.form, m.source) for m in (row.method for row in self.rows)],
        )  # fmt: skip
        shown = (0, 4, 5, 6, 7, 8, 9)
        errors = _longtable(
            tuple(_COLUMNS[k] for k in shown), "p{2.4cm}p{3.2cm}p{1.4cm}p{1.1cm}p{1.2cm}p{2.2cm}p{1.4cm}",
            [tuple(line[k] for k in shown) for line in self.lines()],
        )  # fmt: skip
        claims = _longtable(
            ("verdict", "claim", "statement; hypotheses, reasons, numbers"), "lp{3.2cm}p{8.5cm}",
            [(claim.verdict, claim.id, "; ".join((claim.statement, *details(claim)))) for claim in self.claims],
        )  # fmt: skip
        derived = "".join(
            f"\\paragraph{{{_tex(row.method.title)}.}} {_tex(row.method.form)} ({_tex(row.method.source)})\n"
            + "".join(f"\\[ {equation} \\]\n" for equation in row.latex)
            for row in self.rows
            if row.latex
        )
        out = "; ".join(f"{_tex(name)}: {_tex(reason)}" for name, reason in LEFT_OUT.items())
        return f"{methods}{errors}{claims}{derived}\\paragraph{{Not compared.}} {out}.\n"


def details(claim: Claim) -> list[str]:
    """What a claim assumes, why it is open, and the numbers that refute it."""
    found = [f"assuming {hypothesis}" for hypothesis in claim.hypotheses]
    found += [f"because {claim.reason}"] if claim.reason else []
    return found + [f"{name.replace('_', ' ')}: {value}" for name, value in (claim.counterexample or {}).items()]


def _longtable(head: tuple[str, ...], columns: str, rows: list[tuple[str, ...]]) -> str:
    lines = "".join(f"{' & '.join(map(_tex, row))} \\\\\n" for row in rows)
    return f"\\begin{{longtable}}{{{columns}}}\n{' & '.join(map(_tex, head))} \\\\ \\hline\n{lines}\\end{{longtable}}\n"


_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)


def compare(
    derivation: Derivation,
    params: Source | None = None,
    data: Source | None = None,
    *,
    seed: int = 0,
    methods: Collection[str] | None = None,
    over: Collection[str] | None = None,
    feedback: Source | None = None,
    limit: float = SECONDS,
    progress: Callable[[str], None] = lambda doing: None,
) -> Comparison:
    """Try every method on one sample of a network.

    Parameters
    ----------
    params, data, seed: as for :func:`dyadic.relax`.  methods: ids of :data:`METHODS`; all where None.
    over: parameters whose gradients are compared; all where None.
    feedback: weights B for feedback alignment, or an .npz file of them; drawn where None.
    limit: seconds of the processor for a method; what it has found by then stands, and the rest says where it was
        stopped.
    progress: told the name of every method as it starts, and then, up to ten times a second, how far it is.
    Raises :class:`DyadicError` for names that there are not, a network without parameters, weights that nothing uses,
    arrays that do not fit, and a limit that is no positive number.
    """
    seconds = positive("limit", limit)
    chosen = _names("methods", methods, [method.id for method in METHODS])
    expect_derivation(derivation)
    network = emitted_network(derivation)
    if not network.module.PARAMETERS:
        name = derivation.architecture.name
        raise DyadicError(f"{name} has no parameters: there is no gradient to compare; add a layer that has some")
    _names("over", over, list(network.module.PARAMETERS))
    if feedback is not None:
        if "feedback-alignment" not in chosen:
            raise DyadicError("feedback: is read by feedback-alignment alone, which is not among the methods; add it")
        feedback = parameters(network, "feedback weights").taken(feedback)
    updates: Updates = built(network, problem(network, params, data, None, seed)).sample()
    bench, rows = Bench(updates, over, feedback), []
    for method in METHODS:
        if method.id in chosen:
            progress(method.title)
            rows.append(_tried(method, bench, seconds, progress))
    return Comparison(derivation.architecture.name, tuple(rows), bool(derivation.architecture.decay))


def _tried(method: RivalMethod, bench: Bench, seconds: float, progress: Callable[[str], None]) -> Row:
    with np.errstate(all="ignore"), allowed(seconds, lambda text: progress(f"{method.title}: {text}")):
        try:  # what diverges is shown as such
            found = method.run(bench)
        except (OutOfTime, NotAtRest) as error:  # no numbers of an unfinished descent
            return Row(method, None, str(error))
    return Row(method, None, found, tried=False) if isinstance(found, str) else _row(method, found, bench.derivation)


def _row(method: RivalMethod, trial: MethodTrial, derivation: Derivation) -> Row:
    texts = trial.equations or tuple(field_equations(derivation))
    latex = trial.latex or tuple(field_equations(derivation, latex=True))
    texts += tuple(text for text, _ in method.stated)
    trial = replace(trial, claims=as_defined(trial.claims, derivation))
    return Row(method, trial, "", texts, latex + tuple(formula for _, formula in method.stated))


def _names(what: str, given: Collection[str] | None, known: list[str]) -> list[str]:
    """Names of a table, at least one of them; all where none are given."""
    if given is None:
        return known
    if isinstance(given, str) or not isinstance(given, Collection):
        raise DyadicError(f"{what}: give a list of names, not {str(given)[:60]!r}")
    unknown = [str(name)[:60] for name in given if name not in known]
    if unknown or not given:
        said = f"there is no {', '.join(unknown[:5])}" if unknown else "none is given"
        raise DyadicError(f"{what}: {said}; there are: {', '.join(known[:20])}")
    return list(given)


__all__ = ["LEFT_OUT", "METHODS", "Comparison", "Row", "compare"]
