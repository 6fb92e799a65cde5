"""The induction on the rank, written out to be read, each step checked; and followed through one network.

Proves: (1) the stabilisation lemma's induction in four steps, SymPy statements over integers and values.  Each is
checked by enumeration, which decides it: the integers occur only in comparisons of differences with 0 or 1, so three of
them that violate a step can be moved within a range of six; values occur only in equations between pairs, so two values
are enough.  (2) For the network: following what every update reads, the round in which each variable settles is the
rank stated, and all have settled after the steps claimed.

Trusts: SymPy's substitution of numbers; the small-model argument above.  Blind to: what the equations say.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from sympy import And, Eq, Implies, Integer, Not, Symbol, symbols
from sympy.logic.boolalg import Boolean

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.trust import SMALL_MODELS, SYMPY_NUMBERS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.sentences import RANKS, told

RANGE = range(-1, 6)


@dataclass(frozen=True)
class Step:
    """One step of the induction.  statement: an implication; reason: why one would believe it."""

    label: str
    statement: Boolean
    reason: str

    @property
    def violation(self) -> dict[str, int] | None:
        """Numbers for which the statement fails, or None if there are none."""
        free = sorted(self.statement.free_symbols, key=str)
        choices = [RANGE if symbol in _RANKS else range(2) for symbol in free]
        for numbers in product(*choices):
            if self.statement.xreplace({s: Integer(n) for s, n in zip(free, numbers, strict=True)}) != True:  # noqa: E712
                return {str(s): n for s, n in zip(free, numbers, strict=True)}
        return None


k, r_v, r_w = _RANKS = symbols("k r_v r_w", integer=True)
x_w, y_w, f_v, g_v = (Symbol(name) for name in ("x_w", "y_w", "F_v(x)", "F_v(y)"))

STEPS = (
    Step(
        "base", Implies(r_v >= 1, Not(r_v <= 0)),
        "Before the first step there is nothing to show: no variable has rank 0 or less.",
    ),
    Step(
        "reach", Implies(And(r_w < r_v, r_v <= k + 1), r_w <= k),
        "An update of a variable v of rank at most k + 1 reads only variables w of rank at most k.",
    ),
    Step(
        "hypothesis", Implies(And(Implies(r_w <= k, Eq(x_w, y_w)), r_w <= k), Eq(x_w, y_w)),
        "By the induction hypothesis the two runs agree there after k steps.",
    ),
    Step(
        "locality", Implies(And(Implies(Eq(x_w, y_w), Eq(f_v, g_v)), Eq(x_w, y_w)), Eq(f_v, g_v)),
        "An update that reads only what agrees gives the same value: the runs agree at v after k + 1 steps.",
    ),
)  # fmt: skip
"""Two runs x and y from two initial states; w stands for any variable that the update F_v reads."""


def violations() -> dict[str, dict[str, int]]:
    """The steps that do not hold, with numbers: none."""
    called(SYMPY_NUMBERS)
    return _violations()


@cache
def _violations() -> dict[str, dict[str, int]]:
    found = {step.label: step.violation for step in STEPS}
    return {label: numbers for label, numbers in found.items() if numbers is not None}


def settling_rounds(graph: Graph) -> dict[tuple[str, str], int]:
    """The round after which each variable no longer depends on the initial state; those that never settle are absent.

    A variable settles one round after the last of what it reads; clamped inputs have settled before the first.
    """
    reads: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, parents in graph.parents.items():
        reads["x", name] = {("x", parent) for parent in parents if parent in graph.parents}
        x, s = graph.reads(name)
        reads["s", name] = {("x", other) for other in x if other in graph.parents} | {("s", other) for other in s}
    readers: dict[tuple[str, str], list[tuple[str, str]]] = {variable: [] for variable in reads}
    for variable, sources in reads.items():
        for source in sources:
            readers[source].append(variable)
    waiting = {variable: len(sources) for variable, sources in reads.items()}
    rounds: dict[tuple[str, str], int] = {}
    queue = deque(variable for variable, count in waiting.items() if count == 0)
    while queue:
        variable = queue.popleft()
        rounds[variable] = 1 + max((rounds[source] for source in reads[variable]), default=0)
        for reader in readers[variable]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                queue.append(reader)
    return rounds


def induction_claim(graph: Graph, steps: int) -> Claim:
    """The four steps, and the network's variables one by one."""
    called(SMALL_MODELS)

    def refuted(numbers: dict[str, Any]) -> Claim:
        return told("induction", Verdict.REFUTED, {}, {"steps": steps}, hypotheses=[RANKS], counterexample=numbers)

    if violations():
        return refuted(dict(violations()))
    rounds = settling_rounds(graph)
    ranks = {("x", n): r for n, r in graph.rank_x.items()} | {("s", n): r for n, r in graph.rank_s.items()}
    for (kind, name), rank in ranks.items():
        settled = rounds.get((kind, name))
        if settled != rank or rank > steps:
            found = {"variable": f"{kind}:{name}", "rank": rank, "settles_after": settled or "never", "steps": steps}
            return refuted(found)
    return told("induction", Verdict.PROVED, {}, {"steps": steps}, hypotheses=[RANKS])
