"""From a certificate to what it is worth: every claim by the way in which it can be shown again.

``steps`` rests on the form and the hashes of the file, on the shapes, terms and ranks, on the stabilisation lemma (a
theorem about all networks, relied on here), on every equation being the one that the graph demands, and on the adjoint
of every layer and cost and the derivative of every function in them.  Only if each of these was verified again is the
certificate confirmed; no other claim counts towards that.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from dyadic.proofs.checker.differentiation.function_replay import check_function
from dyadic.proofs.checker.evaluation.relaxation import settles
from dyadic.proofs.checker.examination import Examination
from dyadic.proofs.checker.findings import Done, Report
from dyadic.proofs.checker.instantiated import equation_instances
from dyadic.proofs.checker.intake.effort import limited, weigh
from dyadic.proofs.checker.intake.form import CERTIFICATE
from dyadic.proofs.checker.intake.graph import certificate_hash
from dyadic.proofs.checker.intake.names import applied
from dyadic.proofs.checker.intake.reading import Rejected, named, shown
from dyadic.proofs.checker.layer_checks import LayerChecks
from dyadic.proofs.checker.lemmas import stabilisation
from dyadic.proofs.checker.lemmas.variational_replay import check_variational
from dyadic.proofs.checker.network_checks import NetworkChecks

_CONTENT = re.compile(r"\b(layers|costs)\.([0-9a-f]{60,64})")
"""A layer or cost by its digest, which a path may cut."""
WORK = 9_000_000
"""What checking may cost, in units of work (intake/effort.py)."""


def check(certificate: Any, effort: int = 1) -> Report:
    """Verify a certificate again.  Raises :class:`Rejected`, and nothing else, naming the field that does not hold.

    effort: how many times the usual work may be spent; what costs more is rejected as such.
    """
    try:
        return examined(certificate, effort)
    except Rejected as error:
        raise _readable(error, certificate) from error
    except Exception as error:  # a file that leads the checker astray shows nothing, whatever the way
        raise Rejected("certificate", f"cannot be checked here ({type(error).__name__})") from error


def _readable(error: Rejected, certificate: Any) -> Rejected:
    """The same, with a layer's or cost's label beside the first digits of its digest."""
    found = next(_CONTENT.finditer(f"{error.field} {error.reason}"), None)
    if found is None:
        return error
    try:
        label = next(one["label"] for key, one in certificate[found[1]].items() if key.startswith(found[2]))
    except (TypeError, LookupError, AttributeError, StopIteration):
        label = None
    where = f" (in {shown(label, 120)})" if isinstance(label, str) else ""
    return Rejected(_CONTENT.sub(_shortened, error.field), _CONTENT.sub(_shortened, error.reason) + where)


def _shortened(found: re.Match[str]) -> str:
    return f"{found[1]}.{found[2][:12]}"


def examined(certificate: Any, effort: int = 1) -> Report:
    """:func:`check`, without the net beneath it."""
    with limited(WORK * effort):
        return _examined(certificate, effort)


def _examined(certificate: Any, effort: int) -> Report:
    weigh(certificate)
    CERTIFICATE(certificate, "")
    if certificate_hash(certificate) != certificate["hash"]:
        raise Rejected("hash", "is not the hash of the contents")
    exam = Examination(certificate, effort)
    steps = exam.claims.known["steps"]
    if steps["verdict"] == "proved":
        if exam.graph.steps < exam.graph.largest_rank:
            late = exam.graph.largest_rank
            raise Rejected("steps", f"is {exam.graph.steps}, but a variable settles only after {late}")
        _show_again(exam)
        _steps(exam)
    else:
        exam.open.append(f"steps is {steps['verdict']}: there is nothing to confirm")
    if certificate["verdict"] != "proved":
        exam.open.append(f"the certificate's own verdict is {certificate['verdict']}")
    return exam.report()


def _show_again(exam: Examination) -> None:
    """Everything that is claimed and can be shown again, from what costs least.

    What is evaluated comes last, and stays stated where nothing is left to spend: no claim is rejected for that.
    """
    _ranks(exam)
    _lemma(exam)
    _wiring(exam)
    _instances(exam)
    _functions(exam)
    _variational(exam)
    _structure(exam)
    LayerChecks(exam).run()
    NetworkChecks(exam).run()


def _ranks(exam: Examination) -> None:
    """They were computed when the certificate was read."""
    for claim in exam.claims.of_kind("ranks"):
        exam.say(claim, Done.COMPUTED, f"terms, shapes and ranks; L = {exam.graph.L}, T = {exam.graph.largest_rank}")


def _lemma(exam: Examination) -> None:
    """Its proof is the checker's own, and is checked rule by rule; it is a theorem about all networks."""
    wrong = [question for question in stabilisation.QUESTIONS if not stabilisation.decide(question)]
    if wrong:
        exam.open.append(f"lemma: not shown here: {', '.join(wrong)}")
    detail = "the induction step in natural deduction, rule by rule; a model of the hypotheses; bound k + 1 sharp"
    for claim in exam.claims.of_kind("lemma"):
        exam.say(claim, Done.STATED if wrong else Done.REPLAYED, detail)


def _wiring(exam: Examination) -> None:
    late = settles(exam.graph, exam.graph.steps)
    if late is not None:
        reason = f"{named(late)} still depends on the initial state after {exam.graph.steps} steps"
        raise Rejected("steps", reason)
    for claim in exam.claims.of_kind("wiring", "schedules", "induction"):
        exam.say(claim, Done.COMPUTED, f"after {exam.graph.steps} steps nothing depends on the initial state")


def _instances(exam: Examination) -> None:
    """Every equation that is printed is the one that the graph demands."""
    found = equation_instances.examine(exam.graph, first=True, seed=secrets.randbits(60))
    for difference in found.differences:
        raise Rejected(difference.where, equation_instances.described(difference))
    if exam.claims.of_kind("instances"):
        for error in found.undecided:
            raise error  # the prover compares with the same bounds, and would not have claimed it
    detail = f"{found.definitions} definitions as they are written"
    for claim in exam.claims.of_kind("instances"):
        exam.say(claim, Done.COMPUTED, detail)


def _functions(exam: Examination) -> None:
    """Every function that an equation applies: its value and derivative as emitted are those of its definition."""
    graph, stated = exam.graph, exam.certificate["functions"]
    claims = {claim["subject"]["name"]: claim for claim in exam.claims.of_kind("function")}
    for name in sorted(applied([graph.layers, graph.kinds], least=2)):
        exam.open.append(f"function:{name}: its second derivative is applied, of which nothing is shown")
    names = applied([graph.layers, graph.kinds])
    for name in sorted(set(stated) | names):
        where = f"functions.{name:.60}"
        if name not in names:
            raise Rejected(where, "is a function that no equation applies")
        if name not in stated or name not in claims:
            exam.open.append(f"function:{name}: the certificate does not say or claim what it is")
            continue
        found = check_function(name, stated[name], where)
        exam.say(claims[name], Done.REPLAYED, found.statement)
        if not found.defined_here:
            exam.open.append(f"function:{name}: is not a function that is known here")


def _variational(exam: Examination) -> None:
    for claim in exam.claims.of_kind("variational"):
        where = f"{exam.claims.place[claim['id']]}.witness"
        if not isinstance(claim["witness"], dict):
            raise Rejected(where, "is missing")
        if claim["witness"].get("construction") != claim["subject"]["construction"]:
            raise Rejected(f"{where}.construction", "is not the one that the claim is about")
        exam.say(claim, Done.REPLAYED, check_variational(claim["witness"], where))


def _structure(exam: Examination) -> None:
    """What some layers that read as this network's do are like."""
    for claim in exam.claims.of_kind("nonreciprocity:structure"):
        witness, where = claim["witness"], f"{exam.claims.place[claim['id']]}.witness"
        parent, child = next(iter(exam.graph.layer_edges()), (None, None))
        if parent is None or child is None or witness != {"reads": child, "read": parent}:
            raise Rejected(where, "is not the first layer that reads another, and what it reads")
        exam.say(claim, Done.COMPUTED, f"{named(child)} reads {named(parent)}, which comes before it")
    for claim in exam.claims.of_kind("tightness:structure"):
        witness, where = claim["witness"], f"{exam.claims.place[claim['id']]}.witness"
        if witness != {"chain": exam.graph.longest_chain(), "steps": exam.graph.largest_rank}:
            raise Rejected(where, "is not a chain of reads from a variable of the largest rank down")
        exam.say(claim, Done.COMPUTED, f"each of {exam.graph.largest_rank} variables reads the next")


def _steps(exam: Examination) -> None:
    """The theorem, if nothing that it rests on is open."""
    for name in ("lemma", "ranks", "instances"):
        if not exam.claims.of_kind(name):
            raise Rejected("claims", f"hold no proved {name}, which steps rests on")
    claim, steps = exam.claims.known["steps"], exam.graph.steps
    if exam.open:
        exam.say(claim, Done.STATED, f"exact after {steps} steps if what is open holds")
    else:
        where = ", at the sizes of this network" if exam.own_sizes else ""
        done = Done.EVALUATED if exam.own_sizes else Done.REPLAYED
        held = ", to the gradient as the program defines it" if claim["numbers"]["held"] else ""
        exam.say(claim, done, f"exact after {steps} steps{held}{where}: the composition of the above")


__all__ = ["check", "examined"]
