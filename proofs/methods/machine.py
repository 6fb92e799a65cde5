"""The machine-checked theorem: compiles proofs/coq with coqc and has it check a network's rank table.

Proves: the 2L theorem over any ranked vertex type with state spaces of its own (Stabilisation.v, Dyadic.v),
tightness for every L (Tightness.v), fair asynchronous schedules and the wavefront (Schedules.v), nilpotency
(Nilpotency.v), and, per architecture, that its rank table satisfies the hypotheses, or that a chain of updates is too
long for the number of steps (Instance.v, by computation).  Backpropagation.v, which needs Coquelicot, joins the 2L
theorem to calculus: for any directed acyclic graph of maps between normed spaces, 2L steps from any state lead to a
state at which dE/dtheta is the Frechet derivative of the cost in theta.

Trusts: Coq's kernel, and that the emitted table lists what the updates read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.trust import COQ, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.coqc import ABSENT, CoqError, compile_file, find_coqc, named_axioms, run
from dyadic.proofs.sentences import told
from dyadic.scratch import temporary_folder

CORE = ("Stabilisation", "Dyadic", "Tightness", "Schedules", "Nilpotency", "Instance", "Paths")
"""Files that need nothing but Coq, in order of dependence."""
INSTANCE = ("Stabilisation", "Instance")
"""What a network's instance rests on."""
CALCULUS = ("Gradient", "Sums", "Network", "Ascent", "Backpropagation", "Example")
"""Files that need ``CORE`` and Coquelicot, in order of dependence."""
EQUATIONS = (
    "Logarithm", "Equations", "Derivatives", "Polynomials", "Pairing", "Coordinates", "NetworkTensors", "Printed",
    "Emitted", "Functions", "Demands", "Boxes", "Terms", "Matching", "AllSizes", "Cancelling", "Instances",
)  # fmt: skip
"""Files that need the above: a network's own index equations, in order of dependence."""
MEANING = ("Integers",)
"""What the equations mean where they read integers; no network's theorem rests on it."""
FORMAL = ("Stabilisation", "Dyadic", "Paths", "Gradient", "Sums", "Network", "Backpropagation", *EQUATIONS)
"""What the theorem of a network's own equations rests on."""
ASKING = 600.0
"""Seconds for the axioms of all theorems, which take half a minute on an idle core."""
THEOREMS = {
    "Stabilisation": ("stabilisation", "settled_stays", "settles", "reaches_a_fixed_point", "fixed_point_unique"),
    "Dyadic": ("exact_in_2L_steps", "fixed_point_reached"),
    "Tightness": ("two_L_steps_are_needed",),
    "Schedules": ("fair_schedules_settle", "wavefront_settles"),
    "Nilpotency": ("nilpotent",),
    "Instance": ("exact_after_T", "not_exact_after"),
    "Paths": ("depth_grows", "depth_in_range"),
    "Gradient": (
        "cost_of_differentiable",
        "energy_derivative_is_total",
        "energy_gradient_is_the_derivative",
        "sensitivity_is_the_derivative",
    ),
    "Sums": ("derivative_along_constant",),
    "Network": ("after_2L_steps",),
    "Ascent": ("step_ascends_energy",),
    "Backpropagation": ("dyadic_backpropagation",),
    "Example": ("four_steps_give_the_gradient",),
    "Logarithm": ("logarithm_derivative",),
    "Equations": (),
    "Derivatives": ("tangent_is_derivative",),
    "Polynomials": (),
    "Pairing": ("layer_adjoint",),
    "Coordinates": (),
    "NetworkTensors": (),
    "Printed": (),
    "Emitted": ("printed_backpropagation",),
    "Functions": ("power_derivative", "derivatives"),
    "Demands": ("demands_suffice",),
    "Boxes": ("sum_change", "sum_entries", "leaves_something_at"),
    "Terms": ("expand_value", "expand_tangent_value"),
    "Matching": ("matches_value", "cancel_zero"),
    "AllSizes": ("identity_for_all_sizes",),
    "Cancelling": (),
    "Instances": ("instance_holds", "shown_holds"),
    "Integers": ("bracket_of_an_integer", "read_at_an_integer"),
}


def assumptions(folder: Path, names: Sequence[str] = CORE) -> dict[str, str]:
    """What ``Print Assumptions`` says of every theorem, on one line each; ``folder`` holds the compiled library."""
    theorems = [f"{name}.{theorem}" for name in names for theorem in THEOREMS[name]]
    found = named_axioms(folder, theorems, ASKING)
    return {theorem: ", ".join(stated) or "none" for theorem, stated in found.items()}


def recheck(folder: Path, names: Sequence[str] = CORE) -> str:
    """Have coqchk, a checker of its own, accept the compiled files; its report.

    The libraries that they use are taken as installed; ``.ci/run`` has coqchk check those as well.
    """
    modules = [word for name in names for word in ("-norec", f"Dyadic.{name}")]
    return run("coqchk", folder, "-silent", "-o", *modules, timeout=300)


def instance_source(reads: Mapping[str, Sequence[str]], ranks: Mapping[str, int], steps: int) -> str:
    """A Coq file that states and proves the theorem for one table.

    reads: what the update of each variable reads.  ranks: its rank.  Variables are numbered in the order of
    ``reads``; names do not reach Coq.
    """
    number = _numbered(reads)
    rank_rows = ";\n  ".join(f"({number[name]}, {ranks[name]}%N)" for name in reads)
    return f"""{_HEADER}
Definition network_ranks : table N := of_list [
  {rank_rows}].
Definition network_reads : table (list positive) := of_list [
  {_read_rows(reads)}].

Lemma network_checked : check network_ranks network_reads {steps}%N = true.
Proof. vm_compute. reflexivity. Qed.

Definition network_exact := exact_after_T network_ranks network_reads {steps}%N network_checked.
Print Assumptions network_exact.
"""


def late_source(reads: Mapping[str, Sequence[str]], chain: Sequence[str]) -> str:
    """A Coq file that proves the theorem false for one table and ``len(chain) - 1`` steps.

    chain: variables, each of which reads the next one.
    """
    number = _numbered(reads)
    last, rest = number[chain[0]], _coq_list(number[name] for name in chain[1:])
    return f"""{_HEADER}
Definition network_reads : table (list positive) := of_list [
  {_read_rows(reads)}].

Lemma network_chain : chain network_reads {last} {rest} = true.
Proof. vm_compute. reflexivity. Qed.

Definition network_late := not_exact_after network_reads {last} {rest} network_chain.
Print Assumptions network_late.
"""


RESTS_ON_NOTHING = "Closed under the global context"
_HEADER = """From Coq Require Import NArith PArith List.
From Dyadic Require Import Stabilisation Instance.
Import ListNotations.
"""


def _numbered(reads: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: f"{position}%positive" for position, name in enumerate(reads, 1)}


def _read_rows(reads: Mapping[str, Sequence[str]]) -> str:
    number = _numbered(reads)
    return ";\n  ".join(f"({number[name]}, {_coq_list(map(number.get, others))})" for name, others in reads.items())


def _coq_list(items: Iterable[object]) -> str:
    return f"[{'; '.join(map(str, items))}]"


def longest_chain(reads: Mapping[str, Sequence[str]]) -> list[str]:
    """A longest list of variables each of which reads the next one; as many steps as it has entries are needed."""
    length: dict[str, int] = {}
    for name in TopologicalSorter(reads).static_order():
        length[name] = 1 + max((length[other] for other in reads[name]), default=0)
    chain = [max(length, key=length.__getitem__)]
    while reads[chain[-1]]:
        chain.append(max(reads[chain[-1]], key=length.__getitem__))
    return chain


def check_instance(folder: Path, source: str, timeout: float = 120) -> None:
    """Have coqc check an instance against the compiled library, and say that it rests on no axiom.

    Raises :class:`CoqError` if it refuses, or says nothing: a coqc that only makes a file has proved nothing.
    """
    if compile_file(folder, "NetworkInstance", source, timeout).strip() != RESTS_ON_NOTHING:
        raise CoqError("Coq does not say that the network's instance rests on no axiom")


def graph_table(graph: Graph) -> tuple[dict[str, list[str]], dict[str, int]]:
    """(reads, ranks) of a certificate's graph over the variables ``x NAME`` and ``s NAME``; inputs are clamped."""
    reads: dict[str, list[str]] = {}
    ranks: dict[str, int] = {}
    for name, parents in graph.parents.items():
        reads[f"x {name}"] = [f"x {parent}" for parent in dict.fromkeys(parents) if parent in graph.parents]
        ranks[f"x {name}"] = graph.rank_x[name]
        x, s = graph.reads(name)
        reads[f"s {name}"] = [f"x {v}" for v in sorted(x) if v in graph.parents] + [f"s {v}" for v in sorted(s)]
        ranks[f"s {name}"] = graph.rank_s[name]
    return reads, ranks


def machine_claim(graph: Graph, steps: int) -> Claim:
    """The claim ``machine``: coqc accepts the theorem and this network's instance of it.

    Too few steps are refuted by a chain of updates, each reading the next, that is longer: coqc checks that a system
    with these reads is then not at its fixed point.
    """
    numbers = {"steps": steps}
    called(COQ)
    if find_coqc() is None:
        return told("machine", Verdict.UNDECIDED, {}, numbers, reason=ABSENT)
    reads, ranks = graph_table(graph)
    late = longest_chain(reads)[: steps + 1]
    refuted = len(late) > steps
    with temporary_folder() as folder:
        try:
            put_library(folder, INSTANCE)
            check_instance(folder, late_source(reads, late) if refuted else instance_source(reads, ranks, steps))
        except CoqError as error:
            return told("machine", Verdict.UNDECIDED, {}, numbers, reason=str(error)[:500])
    if refuted:
        return told(
            "machine", Verdict.REFUTED, {}, numbers,
            counterexample={
                "system": "every variable holds true or false and becomes true if anything it reads is true",
                "initial": "all true (at the only fixed point all are false)",
                "still true": late[0],
                "each reads the next": late,
            },
        )  # fmt: skip
    return told("machine", Verdict.PROVED, {}, numbers)
