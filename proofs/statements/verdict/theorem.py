"""Claims about the 2L theorem: how many unit steps, and which step size.

Steps: N suffice if and only if N >= T.  That T do is the theorem for this architecture (lemma, rank table and exact
evaluation); that fewer do not is shown by a run of N steps from the zero state, compared with backpropagation.
Step size: a variable that reads only inputs keeps the share 1 - h of its deviation at every step, so h = 1 alone
ends; a run of T steps from exact numbers shows it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from flint import ctx

from dyadic.proofs.checker.assumptions import is_held
from dyadic.proofs.checker.differentiation.definitions import HELD
from dyadic.proofs.checker.evaluation.domain import hypothesis
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import applied
from dyadic.proofs.checker.intake.reading import Costly
from dyadic.proofs.checker.lemmas import stabilisation
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import identity_values, tightness_witness
from dyadic.proofs.evaluate.defined_states import NOT_FOUND
from dyadic.proofs.evaluate.drawn_sizes import Instantiation
from dyadic.proofs.evaluate.network import Rejected, RingDefinition, Tensors
from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.evaluate.simulate import Instance, State, backpropagation
from dyadic.proofs.sentences import any_state
from dyadic.proofs.statements.number_systems.rings import Exact, Growth, Traced
from dyadic.proofs.statements.parsing.grammar import parse
from dyadic.proofs.statements.parsing.latex_notation import LatexReader
from dyadic.proofs.statements.parsing.latex_source import formula
from dyadic.proofs.statements.parsing.text import TextReader
from dyadic.proofs.statements.parsing.tokens import Unreadable, refuse
from dyadic.proofs.statements.semantics.equation import Statement
from dyadic.proofs.statements.semantics.meaning import Meaning
from dyadic.proofs.statements.semantics.quantities import update
from dyadic.proofs.statements.semantics.vocabulary import LET, NamedTensor, Vocabulary, shown_entry
from dyadic.proofs.statements.verdict import sizes
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.small_counterexample import PRECISION
from dyadic.symbolic.errors import SpecError

KERNEL = "the rules of proofs/checker/lemmas/deduction.py"
_WORK = 2_000_000
"""Largest number of operations of a run for a counterexample."""
_TOO_LARGE = "no numbers were found against it at the network's own sizes"
_SEEDS = 8
_STARTS = {"zero": 0, "every entry is 1": 1}
_ARB = "Arb's enclosures of functions"
_EVALUATOR, _BLAKE = "the evaluator in proofs/evaluate", "blake2b as a source of randomness"
_METHOD = "stabilisation lemma, rank table, exact evaluation over two random primes"


def number(statement: Statement, vocabulary: Vocabulary, graph: Graph) -> Fraction:
    """The value of a formula in L and T, such as ``2 L - 1``; of an equation, its right-hand side."""
    words = vocabulary.copy()
    known = {"L": graph.L, "T": graph.largest_rank, "N": 0, "h": 0}
    words.tensors = {name: NamedTensor(LET, name, ()) for name in known}
    source = formula(statement.number or "") if statement.latex else statement.number or ""
    try:
        reader = LatexReader if statement.latex else TextReader
        node = parse(reader(source, words).tokens())[-1]
    except Unreadable as error:
        raise refuse(statement.place, source, error) from error

    def evaluated(ring: Any, made: Any) -> Any:
        tensors: Tensors = {(LET, name): {(): made(value)} for name, value in known.items() if name in "LT"}
        content = {"kind": LET, "owner": "", "indices": [], "shape": [], "body": node}
        return RingDefinition(content, {}, ring, statement.place).evaluate(tensors)[()]

    try:
        if sum(evaluated(Growth(), lambda value: (value.bit_length(), 0))) > 1000:
            raise SpecError(statement.place, "is too large a number", "write a formula in L and T")
        value = evaluated(Exact(), lambda value: Traced(Fraction(value))).value
    except (Rejected, Undetermined) as error:
        raise SpecError(statement.place, f"{source[:60]!r} is no number", "write a formula in L and T") from error
    if not isinstance(value, Fraction):
        raise SpecError(statement.place, f"{source[:60]!r} is not rational", "write a formula in L and T")
    return value


def steps_claim(statement: Statement, vocabulary: Vocabulary, graph: Graph) -> Claim:
    """``suffice``: N steps are enough; ``needed``: N are enough and N - 1 are not."""
    value = number(statement, vocabulary, graph)
    if value.denominator != 1 or value < 0:
        raise SpecError(statement.place, f"{value} is no number of steps", "write a formula in L and T")
    claimed, least, exactly = int(value), graph.largest_rank, statement.child == "needed"
    words = "unit steps are enough" + (", and one fewer is not" if exactly else "")
    text = f"steps: from {_any_state(vocabulary)} {claimed} {words} (L = {graph.L}, T = {least})"
    if claimed < least:
        return _too_few(statement, text, graph, claimed, vocabulary)
    reason = _open(vocabulary)
    if reason:
        return Claim(statement.id, text, Verdict.UNDECIDED, _METHOD, reason=reason)
    if exactly and claimed > least:
        numbers = {"enough": least, "because": f"{least} steps already give the exact state, from any state"}
        return Claim(statement.id, text, Verdict.REFUTED, _METHOD, counterexample=numbers)
    witness = None
    if exactly:
        witness = _late(graph, claimed - 1, vocabulary)
        if witness is None:
            reason = f"no numbers were found for which {claimed - 1} steps are too few at the network's own sizes"
            return Claim(statement.id, text, Verdict.UNDECIDED, _METHOD, reason=reason)
    trusted = (KERNEL, _EVALUATOR, _BLAKE, *((_ARB,) if exactly else ()))
    assumed = (*_states(graph), *_held(graph))
    return Claim(statement.id, text, Verdict.PROVED, _METHOD, assumed, trusted, witness=witness)


def _states(graph: Graph) -> tuple[str, ...]:
    """Which states "any state" means, where some update has no value at some of them."""
    found = hypothesis([*graph.layers.values(), *graph.kinds.values()])
    return () if found is None else (found,)


def _held(graph: Graph) -> tuple[str, ...]:
    """Which values the network holds constant, so that backpropagation is not of their derivatives."""
    names = applied([[*graph.layers.values(), *graph.kinds.values()]])
    return tuple(f"{name}: {HELD}" for name in sorted(names) if is_held(name))


def _any_state(vocabulary: Vocabulary) -> str:
    if not _states(vocabulary.graph):
        return any_state({"everywhere": 1})
    return any_state({"everywhere": 0, "elsewhere": int(vocabulary.states() == "other")})


@cache
def _lemma() -> bool:
    """Whether the proof of the stabilisation lemma holds."""
    return all(map(stabilisation.decide, stabilisation.QUESTIONS))


def _open(vocabulary: Vocabulary) -> str | None:
    """Why the theorem could not be shown for this network; None if it was."""
    graph = vocabulary.graph
    if _states(graph) and vocabulary.states() is None:
        return NOT_FOUND
    try:
        graph.check_ranks()
    except Rejected as error:
        return str(error)
    if not _lemma():
        return "the proof of the stabilisation lemma does not hold"
    try:
        runs, _ = identity_values.runs(graph, graph.largest_rank, identity_values.seed_of(graph, "steps"))
    except Costly as error:
        return str(error)
    if any(run.difference for run in runs):
        return "the derived equations do not agree with backpropagation"
    return None


def _too_few(statement: Statement, text: str, graph: Graph, claimed: int, vocabulary: Vocabulary) -> Claim:
    found = _late(graph, claimed, vocabulary)
    if found is None:
        return Claim(statement.id, text, Verdict.UNDECIDED, "search", reason=_TOO_LARGE)
    return Claim(
        statement.id, text, Verdict.REFUTED, "a run against backpropagation",
        trusted=(_EVALUATOR, _ARB), counterexample=found,
    )  # fmt: skip


def _late(graph: Graph, steps: int, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """Numbers for which a variable is wrong after the given number of steps, at the network's own sizes."""
    found = _late_value(graph, steps, vocabulary)
    if found is not None or vocabulary.given:  # the search below draws all constants
        return found
    for numbers in sizes.own(graph):
        if numbers.work <= _WORK:
            witness = tightness_witness.find(graph, seeds=2, sizes=numbers.base)
            if witness is not None:
                because = "an exact state stays exact, so these numbers speak against any smaller number too"
                return {"because": because, **witness.as_dict(), "sizes": sizes.shown(numbers.base)}
    return None


def _late_value(graph: Graph, steps: int, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """A run of the given number of steps that leaves a variable wrong, from the zero state, if that has a next one."""
    before, ctx.prec = ctx.prec, PRECISION
    try:
        for numbers in sizes.own(graph):
            for seed in range(-1, _SEEDS if numbers.work * steps <= _WORK else 0):
                for start in _STARTS:
                    try:
                        found = _run(vocabulary, steps, numbers, seed, start)
                    except (Rejected, Undetermined):
                        continue
                    if found:
                        return found
                    if not vocabulary.given:  # which may hide a difference from one state and not from another
                        break
    finally:
        ctx.prec = before
    return None


def _run(vocabulary: Vocabulary, steps: int, numbers: Instantiation, seed: int, start: str) -> dict[str, Any] | None:
    graph = vocabulary.graph
    names = _names(graph)
    values: dict[str, Fraction] = {}

    def draw(label: str) -> Traced:
        head, _, place = label.rpartition(" [")
        given = vocabulary.given.get(("x", head.removeprefix("x ")))
        if given is not None:
            return Traced(given[tuple(map(int, place.strip("]").split(","))) if place != "]" else ()])
        name = f"{names[head]}[{place}"
        values[name] = _small(label, seed)
        # Numbers that are 0 are not listed one by one.
        return Traced(values[name], frozenset({name}) if values[name] or seed >= 0 else frozenset())

    ring = Exact()
    instance = Instance(graph, ring, draw, numbers.base)
    state = instance.initial(lambda label: Traced(Fraction(_STARTS[start])))
    for _ in range(steps):
        state = instance.step(state)
    exact, _ = backpropagation(graph, ring, draw, numbers.base)
    wrong = _last(graph, state, exact)
    if wrong is None:
        return None
    (kind, vertex), place = wrong
    found, wanted = state[kind, vertex][place], exact[kind, vertex][place]
    used = sorted(found.used | wanted.used)
    report = {
        "variable": shown_entry(kind, vertex, place),
        "sizes": sizes.shown(numbers.base),
        "initial_state": start,
        "values": {name: str(values[name]) for name in used if name in values},
        "others": "all other values are 0" if seed < 0 else "",
        "functions": {label: ring.calls[label] for label in used if label in ring.calls},
        f"after_{steps}_steps": str(found),
        "exact": str(wanted),
    }
    return {key: value for key, value in report.items() if value not in ({}, "")}


def _small(label: str, seed: int) -> Fraction:
    """For seed 0 the numbers of the tightness proof: unit weights, input 1, no bias, target 0.

    For seed -1 only the first entry of each is not 0, and that of a target is 2.
    """
    if seed < 0:
        first = not label.rpartition(" [")[2].strip("]").replace(", ", "").strip("0")
        return Fraction(int(first and ".bias " not in label) * (2 if label.startswith("target") else 1))
    if seed == 0:
        return Fraction(int(not label.startswith("target ") and ".bias " not in label))
    return 4 * identity_values.small_rational(label, seed)


def _names(graph: Graph) -> dict[str, str]:
    """The printed name for the labels under which an instance draws."""
    names = {f"x {name}": f"x_{name}" for name in graph.inputs} | {"target": "y"}
    names |= {f"target {owner}": f"y_{owner}" for owner in graph.costs}
    for vertex, content in graph.content.items():
        for parameter, item in graph.layers[content]["parameters"].items():
            names[f"{vertex}.{parameter}"] = f"{item['kind']}_{vertex}"
    return names


def _last(graph: Graph, state: State, exact: State) -> tuple[tuple[str, str], tuple[int, ...]] | None:
    """The variable of largest rank that differs for certain."""
    ranks = {("x", n): r for n, r in graph.rank_x.items()} | {("s", n): r for n, r in graph.rank_s.items()}
    for key in sorted(ranks, key=lambda key: -ranks[key]):
        for place, value in exact[key].items():
            if state[key][place].differs(value):
                return key, place
    return None


def step_size_claim(statement: Statement, vocabulary: Vocabulary, graph: Graph) -> Claim:
    """Finite-time exactness at step size h: for h = 1 and for no other."""
    h, steps = number(statement, vocabulary, graph), graph.largest_rank
    start = _any_state(vocabulary)
    text = f"step-size: Euler steps of size {h} reach the exact state after finitely many steps, from {start}"
    if h == 1:
        reason = _open(vocabulary)
        verdict = Verdict.UNDECIDED if reason else Verdict.PROVED
        trusted = (KERNEL, _EVALUATOR, _BLAKE)
        return Claim(statement.id, text, verdict, _METHOD, _states(graph), trusted, reason=reason)
    found = _remains(vocabulary, graph, h, steps)
    if found is None:
        return Claim(statement.id, text, Verdict.UNDECIDED, "exact run", reason="no exact run was possible")
    return Claim(
        statement.id, text, Verdict.REFUTED, "an exact run of a variable that reads only inputs",
        trusted=(_EVALUATOR, _ARB), counterexample=found,
    )  # fmt: skip


def _remains(vocabulary: Vocabulary, graph: Graph, h: Fraction, steps: int) -> dict[str, Any] | None:
    """All parameters and inputs 0: the fixed point of a first layer is a number f, its deviation never ends."""
    vertex = next(name for name, parents in graph.parents.items() if set(parents) <= set(graph.inputs))
    free = sizes.names(graph)
    for values in [dict.fromkeys(free, n) for n in (1, 2, 3)] if free else [{}]:
        ring = Exact()
        meaning = Meaning(vocabulary, ring, lambda label: Traced(Fraction(0)), Setting(vocabulary, values))
        try:
            place, fixed = next(iter(meaning[update("x"), vertex].items()))
        except (Rejected, Undetermined):
            continue
        run = min(steps, 32)
        start = ring.number(2 if fixed.value == 1 else 1)
        x = start
        keep, move = ring.number((1 - h).numerator, (1 - h).denominator), ring.number(h.numerator, h.denominator)
        for _ in range(run):
            x = ring.add([ring.mul([keep, x]), ring.mul([move, fixed])])
        if not x.differs(fixed):
            continue
        return {
            "variable": shown_entry("x", vertex, place), "values": "all parameters and inputs 0", "start": str(start),
            f"after_{run}_steps": str(x), "exact": str(fixed),
            "after_n_steps": f"{fixed} + ({1 - h})^n ({start} - {fixed}), never exact",
        }  # fmt: skip
    return None
