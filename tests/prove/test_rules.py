"""The rules of the replay: what each does leaves a sum as it is, and each refuses where its conditions are not met."""

import pytest
from support.term_values import Values

from dyadic.proofs.checker.core.facts import Choice, Facts, Given
from dyadic.proofs.checker.core.forms import Floor, Form, Lookup, Modulo, Refused, Var, divided
from dyadic.proofs.checker.core.rules import RULES, Place
from dyadic.proofs.checker.core.terms import Call, Entry, Multiple, Term, Whole, Within, Zero, collected

V, U, Q = (Form.of(Var(0, k)) for k in range(3))
N, M = Form.of("n"), Form.of("m")


def one(form):
    """A factor that tells every value of a form from every other."""
    return Entry("t", "v", (form,)), 1 * Term().coefficient


def term(variables, conditions, *forms):
    return Term(
        variables=tuple(Var(0, k) for k in range(variables)),
        conditions=tuple(conditions),
        factors=tuple(map(one, forms)),
    )


def facts(**extents):
    known = Facts()
    for name, formula in extents.items():
        known.learn(name, formula)
    return known


def apply(name, subject, *arguments, known=None):
    return RULES[name][0](subject, Place(known or facts(), Given()), *arguments)


def maximum():
    """A window of two entries that overlaps the next, padded by one."""
    known = Facts()
    i, k = Var(-1, 0), Var(-1, 1)
    at = Form.of(i) + Form.of(k) - 1
    known.choices["arg f", "v"] = Choice((i,), k, (N + 1,), ((at, N),))
    known.below["arg f", "v"] = Form.of(2)
    return known


ARG = Form.of(Lookup("arg f", "v", (V,)))
AWAY = Form.of(Lookup("arg f", "v", (V + 1,)))
FLOOR, REST = Form.of(Floor(V, Form.of(3))), Form.of(Modulo(V, Form.of(3)))
SPLIT = Form.of(Floor(V * 3 + U, Form.of(3))), Form.of(Modulo(V * 3 + U, Form.of(3)))
SMALL = [Within(V, N), Within(U, Form.of(3))]

GOOD = {
    "quotient_whole": [(term(2, SMALL, *SPLIT), (0,))],
    "quotient_exact": [(term(1, [Within(V, N), Multiple(Form.of(3), V)], FLOOR, REST), (0, 1))],
    "quotient_split": [(term(1, [Within(V, N)], FLOOR, REST), (0,))],
    "quotient_bounded": [(term(1, [Within(V, N * 3)], FLOOR, REST), (0,))],
    "multiple": [(term(1, [Within(V, N), Multiple(Form.of(3), V + 1)], V), (1,))],
    "constant": [(term(1, [Within(V, N), Zero(Form.of(0))], V), (1,)), (term(1, [Zero(Form.of(2))], V), (0,))],
    "solve": [(term(2, [*SMALL, Zero(V - U * 2 - 1)], V, U), (2, 0))],
    "separate": [(term(2, [*SMALL, Zero(V * 3 - Form.of(3) + U)], V, U), (2, Form.of(3)))],
    "empty": [
        (term(1, [Within(V, N), Within(V + N, N)], V), (1,)),
        (term(1, [Within(V, N), Within(-V - 1, N)], V), (1,)),
        (term(1, [Within(V, Form.of(0))], V), (0,)),
    ],
    "inside": [(term(1, [Within(V, N), Within(V + 2, N + 3)], V), (1,))],
    "state": [(term(1, [Within(V, N)], V + 2), (0, N + 2))],
    "implied": [(term(2, [*SMALL, Within(V - U, N), Within(V - U + 1, N + 1)], V, U), (3, 2, 0))],
    "single": [(term(1, [Within(V - 1, Form.of(1))], V), (0,))],
    "coarsen": [(term(2, [Within(U, Form.of(3)), Within(V * 3 + U, N * 3)], V, U), (1, Form.of(3), 0, -1))],
    "stepped": [(term(2, [Within(U + V, Form.of(3)), Within(U + V * 4, N * 3), Within(V, N)], V, U), (1, 0, 0))],
    "determined": [(term(2, [Within(U, N), Within(U - V * 3, Form.of(3)), Within(V, M)], U), (0, 1, 0))],
    "change": [(term(2, [*SMALL], V - U, U), (0, 0))],
    "rename": [(term(2, SMALL, V, U), ([1, 0],))],
}


@pytest.mark.parametrize("name", sorted(set(RULES) - {"chosen"}))
def test_a_rule_leaves_the_sum_as_it_is(name):
    for subject, arguments in GOOD[name]:
        changed = apply(name, subject, *arguments)
        assert changed != subject
        for n, m in ((1, 1), (2, 3), (5, 2)):
            values = Values(facts(), {"n": n, "m": m}, 16)
            assert values.term(subject) == values.term(changed)
            assert values.term(subject) != 0 or changed is None or n < 3


def test_a_guard_holds_at_the_position_of_its_maximum():
    known = maximum()
    subject = term(1, [Within(V, N + 1), Within(V + ARG - 1, N)], V, ARG)
    changed = apply("chosen", subject, 1, known=known)
    for n in (1, 2, 5):
        values = Values(known, {"n": n}, 16)
        assert values.term(subject) == values.term(changed)


BAD = {
    "a rest that may be as large as the divisor": (
        "quotient_whole",
        term(2, [Within(V, N), Within(U, Form.of(4))], *SPLIT),
        (0,),
    ),
    "a rest that may be negative": ("quotient_whole", term(2, [Within(V, N), Within(-U, Form.of(3))], *SPLIT), (0,)),
    "a rest of which nothing is known": ("quotient_whole", term(2, [Within(V, N)], *SPLIT), (0,)),
    "a divisor that may be 0": ("quotient_split", term(1, [], Form.of(Floor(V, N - 1))), (0,)),
    "a negative divisor": ("quotient_split", term(1, [], Form.of(Floor(V, Form.of(-3)))), (0,)),
    "a divisor with a variable": ("quotient_split", term(2, [], Form.of(Floor(V, U + 1))), (0,)),
    "no such quotient": ("quotient_split", term(1, [Within(V, N)], V), (0,)),
    "a quotient of what is bound inside": (
        "quotient_split",
        Term(
            variables=(Var(0, 0),),
            factors=(
                (
                    Call(
                        "f",
                        0,
                        (Term(variables=(Var(1, 0),), factors=(one(Form.of(Floor(Form.of(Var(1, 0)), Form.of(3)))),)),),
                    ),
                    1,
                ),
            ),
        ),
        (0,),
    ),
    "an unbounded quotient": ("quotient_bounded", term(1, [], FLOOR), (0,)),
    "a quotient that may be negative": ("quotient_bounded", term(1, [Within(V + 1, N)], FLOOR), (0,)),
    "divided by something else": ("quotient_exact", term(1, [Multiple(Form.of(2), V)], FLOOR), (0, 0)),
    "something else is divided": ("quotient_exact", term(1, [Multiple(Form.of(3), V + 1)], FLOOR), (0, 0)),
    "a range taken for a division": ("quotient_exact", term(1, [Within(V, N)], FLOOR), (0, 0)),
    "a divisor that may be zero": ("multiple", term(1, [Multiple(N - 1, V)], V), (0,)),
    "an equation with a variable": ("constant", term(1, [Zero(V)], V), (0,)),
    "an equation of a size": ("constant", term(1, [Zero(N - 1)], V), (0,)),
    "a coefficient of 2": ("solve", term(2, [Zero(V * 2 - U)], V, U), (0, 0)),
    "a coefficient that is a size": ("solve", term(2, [Zero(V * N - U)], V, U), (0, 0)),
    "a variable inside an opaque integer too": ("solve", term(1, [Zero(V - FLOOR)], V), (0, 0)),
    "a variable inside a look-up too": ("solve", term(1, [Zero(V - ARG)], V), (0, 0)),
    "a variable of a square too": ("solve", term(1, [Zero(V * V - V)], V), (0, 0)),
    "a variable that is not there": ("solve", term(2, [Zero(V - U)], V, U), (0, 2)),
    "a negative position": ("solve", term(2, [Zero(V - U)], V, U), (0, -1)),
    "a range taken for an equation": ("solve", term(1, [Within(V, N)], V), (0, 0)),
    "a rest of the divisor's size": (
        "separate",
        term(2, [Within(V, N), Within(U, Form.of(4)), Zero(V * 3 + U - 3)], V),
        (2, Form.of(3)),
    ),
    "a rest that is too negative": (
        "separate",
        term(2, [Within(V, N), Within(U, Form.of(4)), Zero(V * 3 - U)], V),
        (2, Form.of(3)),
    ),
    "nothing that is divided": ("separate", term(1, [Within(V, Form.of(2)), Zero(V)], V), (1, Form.of(3))),
    "a range that is not empty": ("empty", term(1, [Within(V, N), Within(V + N - 1, N)], V), (1,)),
    "a range that is empty at some sizes": ("empty", term(1, [Within(V, N - 1)], V), (0,)),
    "a range that is its own reason": ("inside", term(1, [Within(V, N)], V), (0,)),
    "a range that ends earlier": ("inside", term(1, [Within(V, N), Within(V, N - 1)], V), (1,)),
    "a range that begins later": ("inside", term(1, [Within(V, N), Within(V - 1, N)], V), (1,)),
    "another size": ("inside", term(1, [Within(V, N), Within(V, M)], V), (1,)),
    "a range that does not hold": ("state", term(1, [Within(V, N)], V + 1), (0, N)),
    "an index that is not there": ("state", term(1, [Within(V, N)], V), (1, N)),
    "a condition that implies itself": ("implied", term(2, [*SMALL, Within(V - U, N)], V, U), (2, 2, 0)),
    "a condition that implies less": (
        "implied",
        term(2, [*SMALL, Within(V - U, N), Within(V - U, N - 1)], V, U),
        (3, 2, 0),
    ),
    "a condition from the other end": (
        "implied",
        term(2, [*SMALL, Within(V - U, N), Within(V - U, N + 1)], V, U),
        (3, 2, 1),
    ),
    "two values": ("single", term(1, [Within(V, Form.of(2))], V), (0,)),
    "a size that may be 1": ("single", term(1, [Within(V, N)], V), (0,)),
    "a rest beyond the divisor": (
        "coarsen",
        term(2, [Within(U, Form.of(4)), Within(V * 3 + U, N * 3)], V, U),
        (1, Form.of(3), 0, -1),
    ),
    "a wrong lower end": (
        "coarsen",
        term(2, [Within(U, Form.of(3)), Within(V * 3 + U, N * 3)], V, U),
        (1, Form.of(3), 1, -1),
    ),
    "a wrong upper end": (
        "coarsen",
        term(2, [Within(U, Form.of(3)), Within(V * 3 + U, N * 3)], V, U),
        (1, Form.of(3), 0, 0),
    ),
    "an upper end inside a step": (
        "coarsen",
        term(2, [Within(U, Form.of(3)), Within(V * 3 + U, N * 3 + 1)], V, U),
        (1, Form.of(3), 0, -1),
    ),
    "a wrong divisor": (
        "coarsen",
        term(2, [Within(U, Form.of(3)), Within(V * 4 + U, N * 4)], V, U),
        (1, Form.of(2), 0, -1),
    ),
    "steps of another length": ("stepped", term(2, [Within(U, Form.of(3)), Within(U + V * 2, N * 3)], V, U), (1, 0, 0)),
    "steps of itself": ("stepped", term(2, [Within(U, Form.of(3)), Within(U + V * 3, N * 3)], V, U), (1, 1, 0)),
    "an end inside a step": (
        "stepped",
        term(2, [Within(U, Form.of(3)), Within(U + V * 3, N * 3 + 1)], V, U),
        (1, 0, 0),
    ),
    "a variable that stands in a factor": (
        "determined",
        term(2, [Within(U, N), Within(U - V * 3, Form.of(3))], U, V),
        (0, 1, 0),
    ),
    "a gap between the steps": ("determined", term(2, [Within(U, N), Within(U - V * 4, Form.of(3))], U), (0, 1, 0)),
    "steps that overlap": ("determined", term(2, [Within(U, N), Within(U - V * 2, Form.of(3))], U), (0, 1, 0)),
    "two more ranges": (
        "determined",
        term(2, [Within(U, N), Within(U - V * 3, Form.of(3)), Within(V, N), Within(V, M)], U),
        (0, 1, 0),
    ),
    "an equation too": ("determined", term(2, [Within(U, N), Within(U - V * 3, Form.of(3)), Zero(V)], U), (0, 1, 0)),
    "a range that is not its own": (
        "determined",
        term(2, [Within(U, N), Within(U - V * 3, Form.of(3)), Within(V + U, N)], U),
        (0, 1, 0),
    ),
    "steps that may be of length 0": (
        "determined",
        term(2, [Within(U, N), Within(U - V * (N - 1), N - 1)], U),
        (0, 1, 0),
    ),
    "a change by a factor of 2": ("change", term(2, SMALL, V * 2, U), (0, 0)),
    "a change by itself": ("change", term(1, [Within(V, N)], V + FLOOR), (0, 0)),
    "a change by what is bound inside": (
        "change",
        Term(
            variables=(Var(0, 0),),
            factors=((Call("f", 0, (Term(variables=(Var(1, 0),), factors=(one(V + Form.of(Var(1, 0))),)),)), 1),),
        ),
        (0, 0),
    ),
    "a variable twice": ("rename", term(2, SMALL, V, U), ([0, 0],)),
    "a variable left out": ("rename", term(2, SMALL, V, U), ([0],)),
    "too many variables": ("rename", term(2, SMALL, V, U), ([0, 1, 2],)),
}


@pytest.mark.parametrize("what", BAD)
def test_a_rule_refuses_where_its_conditions_are_not_met(what):
    name, subject, arguments = BAD[what]
    with pytest.raises(Refused):
        apply(name, subject, *arguments)


CHOSEN = {
    "another guard": [Within(V, N + 1), Within(V + ARG, N)],
    "another length": [Within(V, N + 1), Within(V + ARG - 1, N - 1)],
    "a position that is read outside": [Within(V, N + 2), Within(V + ARG - 1, N)],
    "a position of which nothing is known": [Within(V + ARG - 1, N)],
    "the position of another entry": [Within(V, N), Within(V + AWAY - 1, N)],
    "its own range only": [Within(V, N + 1), Within(V, N)],
}


@pytest.mark.parametrize("what", CHOSEN)
def test_a_condition_that_is_no_guard_is_kept(what):
    conditions = CHOSEN[what]
    with pytest.raises(Refused):
        apply("chosen", term(1, conditions, V, ARG), len(conditions) - 1, known=maximum())


def test_every_rule_has_a_case_in_which_it_refuses():
    assert {name for name, *_ in BAD.values()} | {"chosen"} == set(RULES)


# -- equal data --------------------------------------------------------------------------------------------------------

DIFFERENT = {
    "a name": (term(1, [Within(V, N)], V), term(1, [Within(V, M)], V)),
    "an index": (term(1, [Within(V, N)], V), term(1, [Within(V, N)], V + 1)),
    "an end": (term(1, [Within(V, N)], V), term(1, [Within(V - 1, N)], V)),
    "a variable": (term(1, [Within(V, N)], V), term(2, [Within(V, N)], V)),
    "a number's power": (
        term(1, [], V),
        Term(variables=(Var(0, 0),), factors=((Entry("t", "v", (V,)), 2 * Term().coefficient),)),
    ),
    "a power that cancels": (
        Term(),
        Term(factors=((Whole(N), 1 * Term().coefficient), (Whole(N), -1 * Term().coefficient))),
    ),
    "a coefficient": (Term(), Term(Term().coefficient * 2)),
    "nothing": (Term(), None),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_different_terms_are_different_data(what):
    left, right = DIFFERENT[what]
    assert collected([left]) != collected([right] if right else [])


def test_equal_terms_are_equal_data():
    left = term(2, [Within(V, N), Zero(V - U)], V, U)
    right = term(2, [Zero(U - V), Within(N - 1 - V, N)], U, V)
    assert collected([left]) == collected([right])
    assert collected([left, Term(-Term().coefficient).times(right)]) == frozenset()


def test_integers_nested_in_integers_are_bounded():
    """Each holds the one before three times: written out, they are exponentially long."""

    def nested(depth):
        form = Form.of(Var(0, 0)) if not depth else nested(depth - 1)
        return divided(Floor, form * form + form, Form.of(3))

    assert nested(2).weight < 200
    with pytest.raises(Refused, match="too large"):
        nested(40)
