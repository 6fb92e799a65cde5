"""The stabilisation lemma's induction step for arbitrary graphs, decided by Z3.

States are functions of the variables; two runs are compared before (x, y) and after (fx, fy) one step.
Locality: an update depends only on variables of smaller rank.  Step: if the runs agree up to rank k before,
they agree up to rank k + 1 after.  Induction over k, from the empty claim at k = 0, gives the lemma: after k
steps every variable of rank <= k is independent of the initial state.
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.trust import Z3, called

# The step is shown over uninterpreted sorts, that is for graphs of any size and values of any kind; a model that
# must exist is looked for among three variables with two values, where Z3 finds it at once.
ANY = "(declare-sort Variable 0) (declare-sort Value 0)"
THREE = "(declare-datatypes ((Variable 0)) (((a) (b) (c)))) (define-sort Value () Bool)"

HYPOTHESES = """
(declare-fun rank (Variable) Int)
(declare-fun x (Variable) Value)
(declare-fun y (Variable) Value)
(declare-fun fx (Variable) Value)
(declare-fun fy (Variable) Value)
(declare-const k Int)
(assert (>= k 0))
(assert (forall ((v Variable)) (>= (rank v) 1)))
(assert (forall ((v Variable)) (=>
    (forall ((w Variable)) (=> (< (rank w) (rank v)) (= (x w) (y w))))
    (= (fx v) (fy v)))))
(assert (forall ((w Variable)) (=> (<= (rank w) k) (= (x w) (y w)))))
"""

QUESTIONS = {
    # The step itself: no counterexample exists.
    "step": ("(assert (exists ((v Variable)) (and (<= (rank v) (+ k 1)) (not (= (fx v) (fy v))))))", "unsat"),
    # Vacuity twin: the hypotheses can hold while two runs differ, so the step does not hold for want of models.
    "vacuity": ("(assert (exists ((v Variable)) (not (= (x v) (y v)))))", "sat"),
    # One more rank in one step would be too much: Z3 finds a model.
    "bound": ("(assert (exists ((v Variable)) (and (<= (rank v) (+ k 2)) (not (= (fx v) (fy v))))))", "sat"),
}


def decide(question: str, milliseconds: int = 10_000) -> tuple[str, str]:
    """(Z3's answer, the answer the lemma needs) for one of :data:`QUESTIONS`."""
    import z3

    called(Z3)
    text, wanted = QUESTIONS[question]
    solver: Any = z3.Solver()
    solver.set("timeout", milliseconds)
    solver.from_string((ANY if wanted == "unsat" else THREE) + HYPOTHESES + text)
    return str(solver.check()), wanted
