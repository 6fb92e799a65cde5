"""The stabilisation lemma: its proof, what the kernel must refuse, and Z3's opinion of the same formulas."""

import itertools

import pytest
from support.optional import needed

from dyadic.proofs.checker.lemmas import stabilisation
from dyadic.proofs.checker.lemmas.deduction import Unproved, free, holds, proves, substituted
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods.lemma import lemma_claim


def test_the_lemma_is_proved():
    assert all(map(stabilisation.decide, stabilisation.QUESTIONS))
    assert lemma_claim().verdict is Verdict.PROVED


@pytest.mark.parametrize("name", ["local", "agree"])
def test_without_a_hypothesis_it_is_not(monkeypatch, name):
    weaker = {key: formula for key, formula in stabilisation.HYPOTHESES.items() if key != name}
    monkeypatch.setattr(stabilisation, "HYPOTHESES", weaker)
    assert not stabilisation.decide("step")
    assert lemma_claim().verdict is Verdict.UNDECIDED


def _changed(node):
    """Every way to change one name, number or operator of a nested tuple, or to exchange two of its parts."""
    if isinstance(node, tuple):
        for place, child in enumerate(node):
            for other in _changed(child):
                yield (*node[:place], other, *node[place + 1 :])
        for one, two in itertools.combinations(range(1, len(node)), 2):
            if node[one] != node[two]:
                other = list(node)
                other[one], other[two] = other[two], other[one]
                yield tuple(other)
    elif isinstance(node, int):
        yield from (node + 1, node - 1)
    else:
        yield from {"<": ["<="], "<=": ["<"], "x": ["y", "fx"], "v": ["w"], "w": ["v"], "k": ["v"]}.get(node, ["q"])


def test_a_changed_proof_does_not_prove_the_step():
    """But for the names of assumptions and bound variables, and the order of the facts of a linear step."""
    survivors = 0
    for proof in _changed(stabilisation.PROOF):
        try:
            survivors += proves(proof, stabilisation.HYPOTHESES) == stabilisation.STEP
        except Unproved:
            continue
    assert survivors <= 1  # the two facts exchanged


def test_the_proof_proves_nothing_from_changed_hypotheses_that_has_a_counterexample():
    """Hypotheses changed in one place: where the kernel still proves the step, no model of theirs contradicts it."""
    models = [
        {"rank": rank, "k": k, "x": (0, 0), "y": y, "fx": (0, 0), "fy": fy}
        for rank in itertools.product((1, 2, 3), repeat=2)
        for k in (0, 1, 2)
        for y in itertools.product((0, 1), repeat=2)
        for fy in itertools.product((0, 1), repeat=2)
    ]
    rejected = accepted = 0
    for name, formula in stabilisation.HYPOTHESES.items():
        for changed in _changed(formula):
            hypotheses = {**stabilisation.HYPOTHESES, name: changed}
            if set().union(*map(free, hypotheses.values())) - {"k"}:
                continue
            try:
                proved = proves(stabilisation.PROOF, hypotheses)
            except Unproved:
                rejected += 1
                continue
            accepted += 1
            for model in models:
                try:
                    if all(holds(one, model, range(2)) for one in hypotheses.values()):
                        assert holds(proved, model, range(2))
                except (KeyError, IndexError, TypeError):  # a formula that does not fit these models
                    continue
    assert rejected > 10
    assert accepted


P, Q = ("<=", "a", "b"), ("=", "a", "c")


@pytest.mark.parametrize(
    ("proof", "hypotheses"),
    [
        (("hyp", "p"), {}),
        (("apply", ("hyp", "p"), ("hyp", "q")), {"p": P, "q": Q}),
        (("apply", ("hyp", "p"), ("hyp", "q")), {"p": ("->", P, Q), "q": Q}),
        (("any", "a", ("hyp", "p")), {"p": P}),
        (("at", ("hyp", "p"), "c"), {"p": P}),
        (("at", ("hyp", "p"), "b"), {"p": ("all", "a", ("all", "b", ("=", "a", "b")))}),
        (("assume", "p", Q, ("hyp", "p")), {"p": P}),
        (("linear", ("<", "a", "b"), ("hyp", "p")), {"p": P}),
        (("linear", ("<=", "a", "c"), ("hyp", "p"), ("hyp", "q")), {"p": P, "q": Q}),
        (("linear", ("<=", "b", "a"), ("hyp", "p")), {"p": P}),
        (("linear", ("=", "a", "b"), ("hyp", "p")), {"p": P}),
        ("p", {"p": P}),
        ((), {}),
    ],
)
def test_the_kernel_refuses(proof, hypotheses):
    with pytest.raises(Unproved):
        proves(proof, hypotheses)


def test_substitution():
    assert substituted(("all", "a", Q), "c", 3) == ("all", "a", ("=", "a", 3))
    assert substituted(("all", "a", Q), "a", 3) == ("all", "a", Q)
    with pytest.raises(Unproved):
        substituted(("all", "a", Q), "c", "a")


# -- the same formulas in SMT-LIB --------------------------------------------------------------------------------

_ANY = "(declare-sort Variable 0) (declare-sort Value 0)"
_THREE = "(declare-datatypes ((Variable 0)) (((a) (b) (c)))) (define-sort Value () Bool)"
_NAMES = (
    "(declare-fun rank (Variable) Int) (declare-const k Int) "
    + " ".join(f"(declare-fun {name} (Variable) Value)" for name in ("x", "y", "fx", "fy"))
    + "(assert (>= k 0))"
)


def _smt(node):
    match node:
        case ("all", variable, inner):
            return f"(forall (({variable} Variable)) {_smt(inner)})"
        case ("->", one, two):
            return f"(=> {_smt(one)} {_smt(two)})"
        case (head, *children):
            return f"({head} {' '.join(map(_smt, children))})"
    return str(node)


def _asked(sorts, *formulas):
    z3 = needed("z3")
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.from_string(sorts + _NAMES + "".join(f"(assert {_smt(formula)})" for formula in formulas))
    return str(solver.check())


def test_z3_agrees():
    hypotheses = stabilisation.HYPOTHESES
    assert _asked(_ANY, *hypotheses.values(), ("not", stabilisation.STEP)) == "unsat"
    for formula, _ in stabilisation.MODELS.values():
        assert _asked(_THREE, *hypotheses.values(), formula) == "sat"
    for name in ("local", "agree"):
        weaker = [formula for key, formula in hypotheses.items() if key != name]
        assert _asked(_THREE, *weaker, ("not", stabilisation.STEP)) == "sat"
