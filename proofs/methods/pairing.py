"""Every layer and cost against its own definitions, at small sizes drawn for each of them, or at the network's own.

Proves: <s, Df v> = <(Df)^T s, v> + <dE/dtheta, w> modulo two primes of 61 bits or more for random s, v, w and
arguments, with every function an unknown, for every layer kind and cost of the network, at small sizes; where the two
sides differ there, at the sizes that it has in the network, for an equation may hold at these alone.  With one choice
of the integers that are looked up, if there are any: the witness has them, and the claim says so; and with as many
choices of the entries that maxima take as the claim says.  The left side is forward mode over jets
(proofs/evaluate/jets.py), the right side the derived equations.  The checker does the same with an evaluator, primes
and seeds of its own.

Trusts: the evaluator in proofs/evaluate; blake2b as a source of randomness.  Blind to: other sizes, integers and
choices; how layers are connected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from dyadic.proofs.checker.evaluation.kind_pairing import MOST_WORK, small_sizes, work
from dyadic.proofs.checker.evaluation.prime_numbers import BITS, bits_for, primes, probability
from dyadic.proofs.checker.intake.existence import named_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import sizes_of
from dyadic.proofs.checker.intake.reading import Outside, Rejected
from dyadic.proofs.checker.intake.shapes import holds_integers
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.drawn_sizes import position
from dyadic.proofs.evaluate.identity_values import residue_source, seed_of
from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.evaluate.jets import Jets
from dyadic.proofs.evaluate.maximum_choices import choice_count, choices, longest_maximum
from dyadic.proofs.evaluate.network import (
    CostLayer,
    Entries,
    IntegerEntries,
    Layer,
    RingDefinition,
    Tensors,
    entries,
    places,
    whole,
)
from dyadic.proofs.evaluate.number_rings import PrimeField, Ring
from dyadic.proofs.evaluate.possible_sizes import tables_of
from dyadic.proofs.evaluate.simulate import Draw
from dyadic.proofs.evaluate.weights import Degree
from dyadic.proofs.sentences import log10_error, told

_Key = tuple[str, str]
CHOICES_WORK = 100_000
"""Largest number of terms, of all choices of the entries that maxima take together."""


@dataclass(frozen=True)
class PairingRun:
    """Both sides for the content at ``where`` in the certificate; ``bound``: the probability of error, at most.

    choice: of the entry that each maximum takes, as :class:`PrimeField` has it.
    """

    where: str
    prime: int
    seed: int
    sizes: dict[str, int]
    forward: int
    backward: int
    bound: Fraction
    integers: dict[str, list[int]]
    choice: int | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "content": self.where, "prime": str(self.prime), "seed": self.seed, "sizes": self.sizes,
            "integers": self.integers,
        }  # fmt: skip


def pairing_claim(graph: Graph) -> Claim:
    """One claim for all layer kinds and costs, with a run per kind and prime as witness."""
    runs: list[PairingRun] = []
    counts = {"integers": int(holds_integers(graph))}
    try:
        chosen = _chosen_sizes(graph)
        while wrong := _different(graph, chosen, runs, counts):
            own = _own_sizes(graph, wrong.where)
            if own is None or chosen[wrong.where] == [own, own]:
                numbers = {**wrong.as_dict(), "claimed": str(wrong.backward), "exact": str(wrong.forward)}
                return told("pairing", Verdict.REFUTED, {}, counts, counterexample=numbers)
            chosen[wrong.where] = [own, own]
    except Outside as error:
        numbers = {"field": error.field, "reason": error.reason}
        return told("pairing", Verdict.REFUTED, {}, counts, counterexample=numbers)
    except Rejected as error:
        return told("pairing", Verdict.UNDECIDED, {}, counts, reason=str(error))
    bound = sum((one.bound * two.bound for one, two in zip(runs[::2], runs[1::2], strict=True)), Fraction(0))
    witness = {"runs": [run.as_dict() for run in runs if run.choice is None]}
    return told("pairing", Verdict.PROVED, {}, counts | {"log10_error": log10_error(bound)}, witness=witness)


_Chosen = dict[str, list[dict[str, int]]]
"""The sizes at which each kind and cost is evaluated, for either prime."""


def _different(graph: Graph, chosen: _Chosen, runs: list[PairingRun], counts: dict[str, int]) -> PairingRun | None:
    """The first run whose two sides differ; the runs before it are in ``runs``, the number of choices in ``counts``."""
    runs.clear()
    taken = _choices_of(graph, chosen)
    counts |= {"maxima": taken} if taken else {}
    for run in _runs(graph, chosen, taken):
        if run.forward != run.backward:
            return run
        runs.append(run)
    return None


def _own_sizes(graph: Graph, where: str) -> dict[str, int] | None:
    """The sizes of a kind or cost in the network, if they are numbers, the same wherever it stands, and not large."""
    try:
        tables = list(islice(tables_of(graph, where), 2))
    except Rejected:
        return None
    content = graph.contents()[where][0]
    if len(tables) != 1 or named_sizes(graph) or work(content, tables[0], where) > MOST_WORK:
        return None
    return {name: tables[0][name] for name in sorted(sizes_of(content) - set(content.get("extents", {})))}


def _chosen_sizes(graph: Graph) -> _Chosen:
    first = seed_of(graph, "pairing")
    return {
        where: [small_sizes(content, first + k, where, own) for k in range(2)]
        for where, (content, own) in graph.contents().items()
    }


def _choices_of(graph: Graph, chosen: _Chosen) -> int:
    """With how many choices of the entry that each maximum takes the kinds are evaluated; 0 if none takes any."""
    longest = cost = 0
    for where, (content, _) in graph.contents().items():
        for sizes in chosen[where]:
            table = _completed(content, sizes, where)
            if found := longest_maximum(content, table, where):
                longest, cost = max(longest, found), cost + work(content, table, where)
    return choice_count(longest, cost, CHOICES_WORK) if longest else 0


def _runs(graph: Graph, chosen: _Chosen, taken: int) -> Iterator[PairingRun]:
    """Every kind and cost at sizes of its own, modulo two primes, the runs of one choice after the other."""
    first = seed_of(graph, "pairing")
    for where, (content, _) in graph.contents().items():
        maxima = longest_maximum(content, _completed(content, chosen[where][0], where), where)
        for choice in choices(taken if maxima else 1):
            for k, sizes in enumerate(chosen[where]):
                run, trials = _run(content, where, sizes, primes(first)[k], first + k, choice)
                if run.forward == run.backward and (bits := bits_for(trials, 2)) > BITS:
                    run, _ = _run(content, where, sizes, primes(first, bits)[k], first + k, choice)
                yield run


def _run(
    content: Any, where: str, chosen: dict[str, int], prime: int, seed: int, choice: int | None = None
) -> tuple[PairingRun, int]:
    """One kind at sizes, modulo a prime, and the weight of all polynomials of which one vanishes if it errs."""
    ring, held = PrimeField(prime, seed, choice), integers_of(content, chosen, where)
    forward, backward = both_sides(content, where, chosen, held, ring, residue_source(prime, seed))
    weights = Degree()
    compared = weights.difference(both_sides(content, where, chosen, held, weights, lambda label: 1))
    trials = compared + ring.calls * (ring.calls - 1) // 2 * weights.deepest
    bound = probability(trials, prime)
    integers = {f"{key[0]} {key[1]}": list(table.values()) for key, table in held.items()}
    return PairingRun(where, prime, seed, chosen, forward, backward, bound, integers, choice), trials


def both_sides(
    content: Any, where: str, sizes: Mapping[str, int], integers: Tensors, ring: Ring, draw: Draw
) -> tuple[Any, Any]:
    """(<s, Df v>, <(Df)^T s, v> + <dE/dtheta, w>) over a ring; a cost is a layer with one output and s = 1.

    integers: the tensors that hold integers, with their entries (:func:`integers_of`).

    Raises :class:`Rejected` where an equation cannot be evaluated, or the stated energy is not <s, f - x>.
    """
    table = _completed(content, sizes, where)
    is_cost, jets = "gradient" in content, Jets(ring)
    shapes = _given(content, table, where)
    still: Tensors = {}
    moving: Tensors = {}
    for key, shape in shapes.items():
        label = f"{key[0]} {key[1]}"
        if key in integers:
            still[key] = moving[key] = integers[key]
            continue
        still[key] = {at: draw(f"{label} {list(at)}") for at in places(shape, where)}
        slopes = {at: draw(f"slope of {label} {list(at)}") for at in still[key]} if key != ("y", "cost") else {}
        moving[key] = {at: (value, slopes.get(at)) for at, value in still[key].items()}
    derived: list[tuple[_Key, Entries]]
    if is_cost:
        cost = CostLayer(content, table, ring, where)
        forward = jets.slope(CostLayer(content, table, jets, where).value(dict(moving)))
        derived = [(("x", content["input"]), cost.sensitivity(dict(still)))]
    else:
        output = Layer(content, table, jets, where).forward(dict(moving))
        s = {at: draw(f"s {list(at)}") for at in output}
        forward = ring.add([ring.mul([s[at], jets.slope(jet)]) for at, jet in output.items()])
        derived = _derived(content, table, ring, still, s, draw, where)
    terms = []
    for key, entries_ in derived:
        if set(entries_) != set(moving[key]):
            raise Rejected(where, f"the derivative with respect to {key[0]}_{key[1]} does not have its shape")
        for at, value in entries_.items():
            # Nothing moves with integers, so forward mode has no part in this: what is derived for them must be 0.
            slope = draw(f"direction of {key[0]} {key[1]} {list(at)}") if key in integers else None
            terms.append(ring.mul([value, jets.slope(moving[key][at]) if slope is None else slope]))
    return forward, ring.add(terms)


def _derived(
    content: Any, sizes: Mapping[str, int], ring: Ring, still: Tensors, s: Entries, draw: Draw, where: str
) -> list[tuple[_Key, Entries]]:
    """The derived adjoints and gradients of a layer, by what they are derivatives with respect to."""
    layer = Layer(content, sizes, ring, where)
    values = dict(still)
    f = layer.forward(values)
    values["s", "v"] = s
    _energy(content, sizes, ring, values, f, draw, where)
    found = [(("x", owner), part) for owner, part in zip(layer.owners, layer.backward(values), strict=True)]
    return found + [((layer.parameters[n][0], "v"), item.evaluate(values)) for n, item in layer.gradients.items()]


def _energy(
    content: Any, sizes: Mapping[str, int], ring: Ring, values: Tensors, f: Entries, draw: Draw, where: str
) -> None:
    """E_v = <s, f - x> and dE_v/ds = f - x, as stated."""
    x = {at: draw(f"x v {list(at)}") for at in f}
    lag = {at: ring.add([value, ring.mul([ring.number(-1), x[at]])]) for at, value in f.items()}
    tensors = values | {("x", "v"): x}
    s = values["s", "v"]
    wanted = {"energy": {(): ring.add([ring.mul([s[at], lag[at]]) for at in lag])}, "stationarity": lag}
    for name, table in wanted.items():
        if (
            RingDefinition(content[name], sizes, ring, f"{where}.{name}").evaluate(tensors) != table
            and not ring.bounding
        ):
            raise Rejected(f"{where}.{name}", "is not that of <s, f - x>")


def _given(content: Any, sizes: Mapping[str, int], where: str) -> dict[_Key, list[int]]:
    """The shapes of the tensors that are given."""
    if "gradient" in content:
        found = {("x", content["input"]): content["shape"], ("y", "cost"): content["target_shape"]}
    else:
        found = {("x", owner): s for owner, s in zip(content["inputs"], content["input_shapes"], strict=True)}
        found |= {(p["kind"], "v"): p["shape"] for p in content["parameters"].values()}
    return {key: [whole(extent, sizes, where) for extent in shape] for key, shape in found.items()}


def _completed(content: Any, sizes: Mapping[str, int], where: str) -> dict[str, int]:
    """The sizes with those that follow by the shape rule."""
    table = dict(sizes)
    for symbol, formula in content.get("extents", {}).items():
        table[symbol] = whole(formula, table, where)
    return table


def integers_of(content: Any, sizes: Mapping[str, int], where: str) -> dict[_Key, Entries]:
    """The entries of given tensors that stand in an index or a bracket: one choice, by their place."""
    table = _completed(content, sizes, where)
    shapes = _given(content, table, where)
    return {
        key: IntegerEntries((at, position(f"{key[0]} {key[1]} {list(at)}", below)) for at in places(shapes[key], where))
        for key, below in _bounds_of_integers(content, shapes).items()
    }


def _bounds_of_integers(content: Any, shapes: Mapping[_Key, list[int]]) -> dict[_Key, int]:
    """Given tensors whose entries stand in an index or a bracket, and what they are below."""
    below: dict[_Key, int] = {}
    stack: list[Any] = [item["body"] for item in content["definitions"]]
    while stack:
        node = stack.pop()
        if not isinstance(node, list) or not node:
            continue
        stack.extend(node)
        if node[0] == "entry":
            for axis, index in enumerate(node[3]):
                for key in entries([index]):
                    if key in shapes and (node[1], node[2]) in shapes:
                        below[key] = min(below.get(key, 2**31), shapes[node[1], node[2]][axis])
        elif node[0] in GUARDS:
            for key in entries(node):
                if key in shapes:
                    below.setdefault(key, 3)
    return below
