"""The stabilisation lemma's induction step for arbitrary graphs: a proof in natural deduction, checked.

States are functions of the variables; two runs are compared before (x, y) and after (fx, fy) one step.
Locality: an update depends only on variables of smaller rank.  Step: if the runs agree up to rank k before,
they agree up to rank k + 1 after.  Induction over k, from the empty claim at k = 0, gives the lemma: after k
steps every variable of rank <= k is independent of the initial state.

Variables and values are uninterpreted, that is, for graphs of any size and values of any kind.  Two models with three
variables show that the hypotheses can hold while two runs differ (the lemma is not vacuous), and that one more rank in
one step would be too much (the bound is sharp).
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.lemmas.deduction import Unproved, holds, proves

HYPOTHESES: dict[str, Any] = {
    "ranks": ("all", "v", ("<=", 1, ("rank", "v"))),
    "local": (
        "all", "v",
        ("->", ("all", "w", ("->", ("<", ("rank", "w"), ("rank", "v")), ("=", ("x", "w"), ("y", "w")))),
         ("=", ("fx", "v"), ("fy", "v"))),
    ),
    "agree": ("all", "w", ("->", ("<=", ("rank", "w"), "k"), ("=", ("x", "w"), ("y", "w")))),
}  # fmt: skip


def _settled(steps: int) -> Any:
    """After one step the runs agree up to rank k + ``steps``."""
    near = ("<=", ("rank", "v"), ("+", "k", steps))
    return "all", "v", ("->", near, ("=", ("fx", "v"), ("fy", "v")))


STEP = _settled(1)
"""What the proof has to prove."""
PROOF = (
    "any", "v",
    ("assume", "near", ("<=", ("rank", "v"), ("+", "k", 1)),
     ("apply", ("at", ("hyp", "local"), "v"),
      ("any", "w",
       ("assume", "less", ("<", ("rank", "w"), ("rank", "v")),
        ("apply", ("at", ("hyp", "agree"), "w"),
         ("linear", ("<=", ("rank", "w"), "k"), ("hyp", "less"), ("hyp", "near"))))))),
)  # fmt: skip
"""v has rank at most k + 1; what it reads has a smaller rank, so at most k, and agrees; so v agrees after the step."""

MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "vacuity": (
        ("not", ("all", "v", ("=", ("x", "v"), ("y", "v")))),
        {"rank": (1, 2, 3), "k": 0, "x": (0, 0, 0), "y": (1, 1, 1), "fx": (0, 0, 0), "fy": (0, 0, 0)},
    ),
    "bound": (
        ("not", _settled(2)),
        {"rank": (1, 2, 3), "k": 0, "x": (0, 0, 0), "y": (1, 1, 1), "fx": (0, 0, 0), "fy": (0, 1, 1)},
    ),
}
"""By question a formula and a model over the variables 0, 1, 2 in which it holds beside the hypotheses."""
QUESTIONS = ("step", *MODELS)


def decide(question: str) -> bool:
    """Whether one of :data:`QUESTIONS` is answered as the lemma needs it."""
    if question == "step":
        try:
            return bool(proves(PROOF, HYPOTHESES) == STEP)
        except Unproved:
            return False
    formula, model = MODELS[question]
    return all(holds(one, model, range(3)) for one in (*HYPOTHESES.values(), formula))
