"""Polynomial identity testing at the network's own sizes, with matrices over a prime field.

Proves, for networks made of vectors (dense, sums, activations, and the two costs): x, s and dE/dtheta after all T
synchronous steps from a random state are those of backpropagation by reverse accumulation over the definitions, as
polynomials in every parameter, input, target, initial value and function value; hence for every choice of activation
functions and of their derivatives.  Every variable is computed at every step; what one step shares is that a vertex
evaluates its own definitions once for its x and for what it hands its parents.  Beyond the budget the wavefront is
evaluated, and the statement says so.

Error: the values are drawn from 2^61 residues, each function value when it is first asked for.  If no two different
arguments of a function have one residue, a run evaluates two polynomials of degree <= D at a random point: a false
identity passes with probability at most n D / 2^61 for n entries.  Two different arguments have one residue with
probability at most d / 2^61, d their degree: over N_f values of each function, sum of N_f (N_f - 1) / 2 d / 2^61.
The sum of both bounds one run; two runs over two primes multiply.  (A polynomial that vanishes modulo p for its
coefficients' sake is an identity modulo p: two primes drawn from some 2^54 leave that out of the account.)

Trusts: python-flint's matrix products, SHAKE-256 as a source of randomness, the translation in proofs/matrices.py.
Blind to: a derivation whose definitions are wrong, since both sides start from them; floating point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import nmod_mat

from proofs.checker.graph import COST, Graph
from proofs.checker.identity import primes_for
from proofs.claims import Claim, Verdict
from proofs.counterexample import smallest
from proofs.matrices import (
    DRAWN_BITS,
    Algebra,
    Degrees,
    Environment,
    Key,
    NoVectorForm,
    Randomness,
    Residues,
    Rule,
    Translator,
    Unknowns,
    Value,
    evaluate,
    pull,
    rule,
)
from proofs.parallel import in_parallel

SEED = 20260203
LITERAL_BUDGET = 2 * 10**9
"""Largest number of products for which every step is executed."""
WAVEFRONT_BUDGET = 10**8
"""Largest number of matrix entries."""
_SMALL = 10**8
"""Number of products below which a second process costs more than it saves."""
_PER_ENTRY = 200
"""What an entry of a vector costs, in products of a matrix."""

State = tuple[dict[str, Value], dict[str, Value]]


@dataclass(frozen=True)
class Plan:
    """A layer's (or the cost's) equations as rules: ``adjoints`` by input slot."""

    owners: list[str]
    parameters: dict[str, Key]
    definitions: list[Rule]
    intermediates: list[Rule]
    adjoints: list[Rule]
    gradients: dict[str, Rule]


def layer_plan(data: Mapping[str, Any]) -> Plan:
    """Translate a layer derivation.  Raises :class:`NoVectorForm`."""
    owners: list[str] = data["inputs"]
    translator = Translator(
        {("x", owner): len(shape) for owner, shape in zip(owners, data["input_shapes"], strict=True)}
    )
    if any(axes != 1 for axes in translator.axes.values()):
        raise NoVectorForm(f"{data['label']} reads something that is not a vector")
    parameters = {name: (item["kind"], "v") for name, item in data["parameters"].items()}
    translator.axes |= {parameters[name]: len(item["shape"]) for name, item in data["parameters"].items()}
    definitions = [rule(translator, item) for item in data["definitions"]]
    translator.axes["s", "v"] = definitions[-1].axes
    if any(item.right is not None for item in definitions) or definitions[-1].axes != 1:
        raise NoVectorForm(f"{data['label']} defines something that is not a vector")
    return Plan(
        owners,
        parameters,
        definitions,
        [rule(translator, item) for item in data["intermediates"]],
        [rule(translator, item) for item in data["adjoints"]],
        {name: rule(translator, item) for name, item in data["gradients"].items()},
    )


def cost_plan(data: Mapping[str, Any]) -> Plan:
    """Translate a cost; its one adjoint is dC/dx."""
    if len(data["shape"]) != 1:
        raise NoVectorForm("the cost reads something that is not a vector")
    translator = Translator({("x", data["input"]): 1, ("y", COST): 1})
    definitions = [rule(translator, item) for item in data["definitions"]]
    intermediates = [rule(translator, item) for item in data["intermediates"]]
    return Plan([data["input"]], {}, definitions, intermediates, [rule(translator, data["gradient"])], {})


class Network:
    """The plans of a graph with its sizes, and the schedules that execute them over an algebra.

    Raises :class:`NoVectorForm` where an equation or a size does not fit.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        plans = {content: layer_plan(data) for content, data in graph.layers.items()}
        self.plans = {name: plans[content] for name, content in graph.content.items()}
        self.cost = cost_plan(graph.cost_content)
        self.handed = {(child, slot) for terms in graph.terms.values() for child, slot in terms}
        self.shapes: dict[tuple[str, str], list[int]] = {}
        self.widths = {name: self._shape(shape, {})[0] for name, shape in graph.inputs.items()}
        for name, content in graph.content.items():
            data, sizes = graph.layers[content], graph.sizes[name]
            self.widths[name] = self._shape(data["definitions"][-1]["shape"], sizes)[0]
            for parameter, item in data["parameters"].items():
                self.shapes[name, parameter] = self._shape(item["shape"], sizes)

    @staticmethod
    def _shape(shape: Iterable[Any], sizes: Mapping[str, Any]) -> list[int]:
        extents = [sizes.get(e[1], e) if isinstance(e, list) and e[:1] == ["size"] else e for e in shape]
        if not extents or not all(isinstance(extent, int) for extent in extents):
            raise NoVectorForm(
                f"the size {next((e for e in extents if not isinstance(e, int)), 'of a scalar')} is open"
            )
        return extents

    @property
    def entries(self) -> tuple[int, int]:
        """(entries of all matrices, entries of all vectors)."""
        matrices = sum(shape[0] * shape[1] for shape in self.shapes.values() if len(shape) == 2)
        return matrices, sum(self.widths.values())

    def draw(self, scalars: Callable[[int], Value], matrix: Callable[[int, int], Value]) -> dict[str, Environment]:
        """Parameters by vertex; clamped inputs and the target under "" (with kinds "x" and "y")."""
        found: dict[str, Environment] = {"": {}, **{name: {} for name in self.plans}}
        for (name, parameter), shape in self.shapes.items():
            value = matrix(*shape) if len(shape) == 2 else scalars(shape[0])
            found[name][self.plans[name].parameters[parameter]] = value
        for name in self.graph.inputs:
            found[""]["x", name] = scalars(self.widths[name])
        found[""]["y", COST] = scalars(self.widths[self.graph.output])
        return found

    def initial(self, scalars: Callable[[int], Value]) -> State:
        return tuple({name: scalars(self.widths[name]) for name in self.plans} for _ in "xs")  # type: ignore[return-value]

    def reads(self, name: str, x: Mapping[str, Value], drawn: dict[str, Environment]) -> Environment:
        """What a vertex's definitions read."""
        tensors = dict(drawn[name])
        for owner, parent in zip(self.plans[name].owners, self.graph.parents[name], strict=True):
            tensors["x", owner] = drawn[""]["x", parent] if parent in self.graph.inputs else x[parent]
        return tensors

    def hand(self, name: str, tensors: Environment, s: Value, algebra: Algebra) -> dict[tuple[str, int], Value]:
        """What a vertex contributes to its parents' sensitivities, after its definitions."""
        plan, found = self.plans[name], {}
        tensors["s", "v"] = s
        for item in plan.intermediates:
            tensors[item.key] = evaluate(item, tensors, algebra)
        for slot, item in enumerate(plan.adjoints):
            if (name, slot) in self.handed:
                found[name, slot] = evaluate(item, tensors, algebra)
        return found

    def hand_cost(self, x: Value, drawn: dict[str, Environment], algebra: Algebra) -> Value:
        """dC/dx as derived."""
        tensors: Environment = {("x", self.cost.owners[0]): x, ("y", COST): drawn[""]["y", COST]}
        for item in (*self.cost.definitions, *self.cost.intermediates):
            tensors[item.key] = evaluate(item, tensors, algebra)
        return evaluate(self.cost.adjoints[0], tensors, algebra)

    def forward(self, name: str, tensors: Environment, algebra: Algebra) -> Value:
        for item in self.plans[name].definitions:
            tensors[item.key] = evaluate(item, tensors, algebra)
        return tensors[self.plans[name].definitions[-1].key]

    def step(self, state: State, drawn: dict[str, Environment], algebra: Algebra) -> State:
        """One unit Euler step: every variable, from the old state."""
        x, s = state
        after, handed = {}, {(COST, 0): self.hand_cost(x[self.graph.output], drawn, algebra)}
        for name in self.plans:
            tensors = self.reads(name, x, drawn)
            after[name] = self.forward(name, tensors, algebra)
            handed |= self.hand(name, tensors, s[name], algebra)
        return after, {name: self._received(name, handed, algebra) for name in self.plans}

    def _received(self, name: str, handed: Mapping[tuple[str, int], Value], algebra: Algebra) -> Value:
        return algebra.add([handed[child, slot] for child, slot in self.graph.terms[name]])

    def wavefront(self, drawn: dict[str, Environment], algebra: Algebra) -> State:
        """Each variable once, in order of rank."""
        x: dict[str, Value] = {}
        s: dict[str, Value] = {}
        tensors: dict[str, Environment] = {}
        for name in self.plans:
            tensors[name] = self.reads(name, x, drawn)
            x[name] = self.forward(name, tensors[name], algebra)
        handed = {(COST, 0): self.hand_cost(x[self.graph.output], drawn, algebra)}
        for name in reversed(self.plans):
            s[name] = self._received(name, handed, algebra)
            handed |= self.hand(name, tensors.pop(name), s[name], algebra)
        return x, s

    def gradients(self, name: str, state: State, drawn: dict[str, Environment], algebra: Algebra) -> Environment:
        """dE/dtheta of one vertex at a state, by parameter."""
        tensors = self.reads(name, state[0], drawn)
        self.forward(name, tensors, algebra)
        self.hand(name, tensors, state[1][name], algebra)
        plan = self.plans[name]
        return {plan.parameters[p]: evaluate(item, tensors, algebra) for p, item in plan.gradients.items()}

    def backpropagation(
        self,
        drawn: dict[str, Environment],
        algebra: Algebra,
        visit: Callable[[str, Value, Value, Environment], None],
    ) -> None:
        """Reverse accumulation over the definitions: ``visit(vertex, x, dC/dx, dC/dtheta)``, last vertex first.

        None of the derived adjoints, gradients and terms is used.
        """
        x: dict[str, Value] = {}
        for name in self.plans:
            x[name] = self.forward(name, self.reads(name, x, drawn), algebra)
        received: dict[str, list[Value]] = {name: [] for name in self.plans}
        top: Environment = {("x", self.cost.owners[0]): x[self.graph.output], ("y", COST): drawn[""]["y", COST]}
        found = self._reverse(self.cost.definitions, algebra.constant(1, 1), top, algebra)
        received[self.graph.output] += found.get(("x", self.cost.owners[0]), [])
        for name in reversed(self.plans):
            plan, tensors = self.plans[name], self.reads(name, x, drawn)
            s = algebra.add(received[name]) if received[name] else algebra.spread(algebra.constant(0, 1), x[name])
            found = self._reverse(plan.definitions, s, tensors, algebra)
            for owner, parent in zip(plan.owners, self.graph.parents[name], strict=True):
                if parent in received:
                    received[parent] += found.get(("x", owner), [])
            visit(name, x[name], s, {key: algebra.add(found[key]) for key in plan.parameters.values() if key in found})

    def _reverse(
        self, definitions: list[Rule], seed: Value, tensors: Environment, algebra: Algebra
    ) -> dict[Key, list[Value]]:
        for item in definitions:
            tensors[item.key] = evaluate(item, tensors, algebra)
        found: dict[Key, list[Value]] = {definitions[-1].key: [seed]}
        for item in reversed(definitions):
            if item.key in found:
                for key, share in pull(item, algebra.add(found[item.key]), tensors, algebra):
                    found.setdefault(key, []).append(share)
        return found


@dataclass(frozen=True)
class Run:
    """One run: ``difference`` is (variable, entry, relaxation, backpropagation), None on agreement."""

    prime: int
    seed: int
    difference: tuple[str, int, str, str] | None
    compared: int
    calls: list[int]


def run(network: Network, steps: int | None, prime: int, seed: int) -> Run:
    """Execute ``steps`` synchronous steps (None: the wavefront) and compare with backpropagation."""
    randomness = Randomness(prime, seed)
    unknowns = Unknowns(randomness)
    algebra = Residues(prime, unknowns, keep_transposes=steps is not None)
    drawn = network.draw(randomness.vector, randomness.matrix)
    state = network.wavefront(drawn, algebra) if steps is None else network.initial(randomness.vector)
    for _ in range(steps or 0):
        state = network.step(state, drawn, algebra)
    differences: list[tuple[str, int, str, str]] = []
    compared = 0

    def compare(label: str, one: Value, two: Value) -> None:
        nonlocal compared
        if isinstance(one, nmod_mat):
            compared += one.nrows() * one.ncols()
            if not (one - two):
                return
            one, two = one.entries(), two.entries()
        else:
            compared += len(one)
        wrong = next((k for k, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), None)
        if wrong is not None:
            differences.append((label, wrong, str(one[wrong]), str(two[wrong])))

    def visit(name: str, x: Value, s: Value, gradients: Environment) -> None:
        compare(f"x:{name}", state[0][name], x)
        compare(f"s:{name}", state[1][name], s)
        claimed = network.gradients(name, state, drawn, algebra)
        if set(claimed) != set(gradients):
            differences.append((f"dE/dtheta of {name}", 0, str(sorted(claimed)), str(sorted(gradients))))
        for key in set(claimed) & set(gradients):
            compare(f"dE/d{key[0]} of {name}", claimed[key], gradients[key])

    network.backpropagation(drawn, algebra, visit)
    return Run(prime, seed, differences[0] if differences else None, compared, unknowns.calls)


def error_bound(network: Network, steps: int | None, outcome: Run) -> Fraction:
    """The probability, at most, that one run agrees although the identity is false."""
    algebra = Degrees()
    drawn = network.draw(lambda size: 1, lambda rows, columns: 1)
    state = network.wavefront(drawn, algebra) if steps is None else network.initial(lambda size: 1)
    for _ in range(steps or 0):
        state = network.step(state, drawn, algebra)
    degrees = [*state[0].values(), *state[1].values()]
    for name in network.plans:
        degrees += network.gradients(name, state, drawn, algebra).values()
    network.backpropagation(drawn, algebra, lambda name, x, s, gradients: degrees.extend([x, s, *gradients.values()]))
    pairs = sum(calls * (calls - 1) // 2 for calls in outcome.calls)
    trials = outcome.compared * max(degrees) + pairs * algebra.largest_argument
    return min(Fraction(1), Fraction(trials, 2**DRAWN_BITS))


def unfit(graph: Graph) -> str | None:
    """Why this network cannot be evaluated at its own sizes, or None."""
    try:
        matrices, _ = Network(graph).entries
    except NoVectorForm as error:
        return f"{error}: exact evaluation stays at reduced sizes"
    if matrices > WAVEFRONT_BUDGET:
        return f"its matrices have {matrices} entries, more than {WAVEFRONT_BUDGET}"
    return None


def residues_claim(graph: Graph, steps: int) -> Claim:
    """Two runs over two random primes, at the network's own sizes."""
    network = Network(graph)
    matrices, vectors = network.entries
    literal = steps * (matrices + _PER_ENTRY * vectors) <= LITERAL_BUDGET
    how = f"all {steps} synchronous steps from a random state" if literal else "the wavefront schedule"
    statement = (
        f"At its own sizes ({matrices} weights in matrices), x, s and dE/dtheta after {how} equal backpropagation by "
        "reverse accumulation, for free activations"
    )
    method = "polynomial identity testing over two random primes, with matrices"
    trusted = ("python-flint's matrix products", "SHAKE-256 as a source of randomness")
    executed = steps if literal else None
    jobs = [(network, executed, prime, SEED + position) for position, prime in enumerate(primes_for(SEED))]
    outcomes = in_parallel(run, jobs, worthwhile=(executed or 1) * (matrices + _PER_ENTRY * vectors) > _SMALL)
    wrong = next((outcome for outcome in outcomes if outcome.difference), None)
    if wrong is not None:
        variable, entry, found, wanted = wrong.difference  # type: ignore[misc]
        numbers = smallest(graph, steps) or {
            "variable": variable, "entry": entry, "claimed": found, "exact": wanted,
            "modulo": str(wrong.prime), "seed": wrong.seed,
        }  # fmt: skip
        return Claim("residues", statement, Verdict.REFUTED, method, (), trusted, numbers)
    bound = Fraction(1)
    for outcome in outcomes:
        bound *= error_bound(network, executed, outcome)
    runs = [{"prime": str(r.prime), "seed": r.seed, "entries": r.compared} for r in outcomes]
    witness = {
        "schedule": "synchronous" if literal else "wavefront",
        "runs": runs,
        "error_probability_below": f"{float(bound):.1e}",
    }
    statement += f" (probability of error below {float(bound):.0e})"
    return Claim("residues", statement, Verdict.PROVED, method, (), trusted, witness=witness)
