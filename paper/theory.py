"""The general statements of the appendix: formulas for an arbitrary network, built once for all formats."""

from __future__ import annotations

from dyadic.paper.document import (
    BigSum,
    Bracketed,
    Cite,
    Display,
    Formula,
    Fraction,
    Math,
    Paragraph,
    Refs,
    Subscripted,
    Theorem,
    Words,
)
from dyadic.symbolic.constructions import action_of_energy, doubled_cost, doubled_state, readable
from dyadic.symbolic.expressions import Rate

X, S, F, C, E, THETA = (Subscripted(letter, "v") for letter in ("x", "s", "f", "C", "E", "theta"))
DOT_X, DOT_S = Rate("x"), Rate("s")
PARENTS = Subscripted("x", (Words("pa"), "(", "v", ")"))
TRANSPOSED: Formula = Subscripted(("(", Subscripted("D", "v"), Subscripted("f", "c"), ")"), "", "top")
SENSITIVITY: Formula = (
    BigSum(("c", "in", Words("ch"), "(", "v", ")"), (TRANSPOSED, Subscripted("s", "c"))),
    "+",
    Fraction("partial C", ("partial", X)),
)


def rate(of: Formula) -> Formula:
    """d of / dt."""
    return Fraction(("d", of), "d t")


def partial(of: Formula, by: Formula) -> Formula:
    return Fraction(("partial", of), ("partial", by))


def flow_and_doubling() -> tuple[Paragraph | Display, ...]:
    """Inference flow, non-reciprocity and the doubling that turns it into a variational problem."""
    plus, minus = Subscripted("q", "+"), Subscripted("q", "-")
    return (
        Paragraph(("Inference is the flow that lets every activation relax to the value of its layer's map:",)),
        Display((Subscripted("tau", "v"), rate(X), "=", Subscripted("F", "v"), "(", "x", ")", "=", F, "(", PARENTS, ";", THETA, ")", "-", X), "inference"),
        Paragraph(
            (
                "A layer acts on its children and not on its parents: where the derivative of one vertex's map by another "
                "vertex is not 0, the Jacobian of ", Math("F"),
                " is not symmetric and no potential generates the flow. Following the variational principle for "
                "nonconservative systems ", Cite("dyadic:galley"), ", the state is doubled into ", Math(Subscripted("q", "1")),
                " and ", Math(Subscripted("q", "2")), " with ", Math((plus, "=", "(", Subscripted("q", "1"), "+", Subscripted("q", "2"), ")", "/ 2")),
                " and ", Math((minus, "=", Subscripted("q", "1"), "-", Subscripted("q", "2"))), "; the functional",
            ),
            claim="nonreciprocity",
        ),
        Display(("Lambda", "=", minus, "dot", Bracketed(("F", "(", plus, ")", "-", "tau", rate(plus))))),
        Paragraph(
            (
                "has the inference flow", Refs(("inference",)), " as the Euler-Lagrange equation of ", Math(minus), ". With ",
                Math(("x", "=", plus)), ", ", Math(("s", "=", minus)),
                " and the cost added, the static part of the functional is the energy on the doubled state:",
            )
        ),
        Display(("E", "(", "x", ",", "s", ";", "theta", ")", "=", BigSum("v", ("langle", S, ",", F, "(", PARENTS, ";", THETA, ")", "-", X, "rangle")), "+", "C"), "energy"),
    )  # fmt: skip


def stationarity() -> tuple[Paragraph | Display, ...]:
    """The static Euler-Lagrange equations for an arbitrary network."""
    return (
        Paragraph(
            ("Stationarity of the energy", Refs(("energy",)), " is inference, backpropagation and the gradient:")
        ),
        Display((partial("E", S), "= 0", ":", "quad", X, "=", F, "(", PARENTS, ")")),
        Display((partial("E", X), "= 0", ":", "quad", S, "=", SENSITIVITY), "sensitivity"),
        Display(
            (
                partial("E", "theta"),
                "=",
                BigSum("v", (Subscripted(("(", Subscripted("D", "theta"), F, ")"), "", "top"), S)),
                "+",
                partial("C", "theta"),
            )
        ),
    )


def dynamics() -> tuple[Paragraph | Display | Theorem, ...]:
    """Saddle-point dynamics in both coordinates, and what the variational principle does and does not give."""
    a, b, c = action_of_energy(), doubled_state(), doubled_cost()
    half = ("s", "/ 2")
    return (
        Paragraph(("The saddle-point dynamics perform inference and credit assignment at once:",)),
        Display((rate(X), "=", partial("E", S), "=", F, "(", PARENTS, ")", "-", X), "dynamics-x"),
        Display((rate(S), "=", partial("E", X), "=", SENSITIVITY, "-", S), "dynamics-s"),
        Paragraph(
            (
                "Every update is local: a vertex reads itself, its parents, its children and what these read. In dyadic coordinates ",
                Math(("a", "=", "x", "+", *half)), ", ", Math(("b", "=", "x", "-", *half)),
                " they are ascent in one compartment and descent in the other:",
            ),
            claim="variational:dyadic",
        ),
        Display((rate("a"), "=", partial("E", "a"), ",", "quad", rate("b"), "=", "-", partial("E", "b"))),
        Paragraph(("Three constructions for one coordinate pair, the other coordinates being parameters of the energy:",)),
        Theorem(
            "Remark",
            (
                Paragraph(("The Lagrangian ", Math(readable(a.functional)), " gives ", Math((DOT_X, "=", readable(a.rate_x))),
                           " and ", Math((DOT_S, "=", readable(a.rate_s))),
                           ": the same stationary points, but the sensitivity runs backward in time.")),
            ), "A, the action of the energy", claim="variational:A",
        ),
        Theorem(
            "Remark",
            (
                Paragraph(("Doubling the whole state, with the Lagrangian",)),
                Display(readable(b.functional)),
                Paragraph(("and letting ", Math("x_-"), " and ", Math("s_-"), " tend to zero after the variation, gives ",
                           Math((DOT_X, "=", readable(b.rate_x))), " and ", Math((DOT_S, "=", readable(b.rate_s))),
                           ": the saddle-point dynamics.")),
            ), "B, the doubled state", claim="variational:B",
        ),
        Theorem(
            "Remark",
            (
                Paragraph(("With ", Math(readable(c.functional)), " for the energy the activation moves by",)),
                Display((DOT_X, "=", readable(c.rate_x))),
                Paragraph(("where the cost's gradient leaks into inference. This is not the dynamics used here.",)),
            ), "C, the doubled cost", claim="variational:C",
        ),
    )  # fmt: skip


def proof_of_theorem(
    L: int, steps: int, deepest: int, generic: bool = False, domain: str = ""
) -> tuple[Paragraph, ...]:
    """The induction on the rank, and what the largest rank is.

    deepest: the largest rank of a sensitivity of a vertex of depth L that the cost reads, or 0.  generic: L has no value.
    domain: which states they are, where they are not all.
    """
    rank_x, rank_s = (Words("rank"), X), (Words("rank"), S)
    table = "as the ranks of all variables show"
    where = "since there is no cycle" if generic else table
    return (
        Paragraph(
            (
                "Let ", Math(rank_x), " be the depth of the vertex, and let ", Math(rank_s),
                " be one more than the largest rank among the variables that the update of ", Math(S), " reads",
                Refs(("dynamics-s",)), f". Every update reads only variables of smaller rank, {where}; inputs are clamped and have "
                "rank 0. "
                f"Take two runs from two initial states{domain}. We show by induction on ", Math("k"),
                " that after ", Math("k"), " steps they agree in every variable of rank at most ", Math("k"),
                ". For ", Math(("k", "=", "0")), " there is no such variable. If it holds for ", Math("k"),
                ", a variable of rank at most ", Math(("k", "+", "1")), " is updated from variables of rank at most ", Math("k"),
                f", in which the runs agree, so it agrees after the next step. {_fixed_point(domain)} This run never moves, "
                "so after ", Math("T"), " steps, ", Math("T"), " being the largest rank, the first run is at the fixed point.",
            )
        ),
        _largest_rank(L, steps, deepest, generic),
    )  # fmt: skip


def _fixed_point(domain: str) -> str:
    """Where the second run starts; where some update has no value at some states, what is said is of those it has."""
    compute = (
        "compute the activations in order of depth and the sensitivities in the reverse order, that is, by "
        "backpropagation."
    )
    if not domain:
        return f"Now let the second run start at the fixed point, which exists: {compute}"
    return (
        "Now let the second run start at the fixed point. It exists if there is an initial state at all from which every "
        f"update is defined, for the run from there ends at it; and it is what one finds who does the following: {compute}"
    )


def _largest_rank(L: int, steps: int, deepest: int, generic: bool) -> Paragraph:
    """Why T is what it is: 2L where the cost's gradient reads an output of depth L."""
    value, table = ((), "") if generic else (("=", str(steps)), ", by the ranks")
    if steps == 2 * L and deepest == L + 1:
        return Paragraph(
            (
                "It remains to see that ", Math(("T", "=", "2", "L")), ". The largest rank of an activation is the depth ",
                Math("L" if generic else ("L", "=", str(L))), ". The cost's gradient reads the activation of rank ", Math("L"),
                ", so the sensitivity there has rank ", Math(("L", "+", "1")), ". A sensitivity reads those of its vertex's children, "
                "so along a longest path, read backward from a vertex of depth ", Math("L"), " to one of depth 1, the rank grows by 1 at each of its ",
                Math(("L", "-", "1")), " edges and ends at ", Math(("(", "L", "+", "1", ")", "+", "(", "L", "-", "1", ")", "=", "2", "L", *value)),
                f"; no rank is larger{table}.",
            )
        )  # fmt: skip
    if generic:
        return Paragraph((Math("T"), " is the largest rank; it is at least ", Math("L"), "."))
    return Paragraph(
        (
            "By the table the largest rank is ", Math(("T", "=", str(steps))), "; the longest path has ",
            Math(("L", "=", str(L))), " vertices.",
        )
    )  # fmt: skip


def update_rules() -> tuple[Formula, Formula]:
    """The unit Euler step of x and of s."""
    return (X, "<-", F, "(", PARENTS, ")"), (S, "<-", SENSITIVITY)
