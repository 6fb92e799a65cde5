"""The machine-checked theorem: compiles proofs/coq with coqc and has it check a network's rank table.

Proves: the 2L theorem over any ranked vertex type with state spaces of its own (Stabilisation.v, Dyadic.v),
tightness for every L (Tightness.v), fair asynchronous schedules and the wavefront (Schedules.v), nilpotency
(Nilpotency.v), and, per architecture, that its rank table satisfies the hypotheses (Instance.v, by
computation).  Gradient.v, which needs Coquelicot, shows for any directed acyclic graph over normed spaces that at
a solution of the sensitivity equations dE/dtheta is the Frechet derivative of the cost.

Trusts: Coq's kernel, and that the emitted table lists what the updates read.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from proofs.checker.graph import Graph
from proofs.claims import Claim, Verdict

CORE = ("Stabilisation", "Dyadic", "Tightness", "Schedules", "Nilpotency", "Instance")
"""Files that need nothing but Coq, in order of dependence."""
THEOREMS = {
    "Stabilisation": ("stabilisation", "settled_stays", "settles", "reaches_a_fixed_point", "fixed_point_unique"),
    "Dyadic": ("exact_in_2L_steps", "fixed_point_reached"),
    "Tightness": ("two_L_steps_are_needed",),
    "Schedules": ("fair_schedules_settle", "wavefront_settles"),
    "Nilpotency": ("nilpotent",),
    "Instance": ("exact_after_T",),
    "Gradient": (
        "cost_of_differentiable",
        "energy_derivative_is_total",
        "energy_gradient_is_the_derivative",
        "sensitivity_is_the_derivative",
    ),
}
_ABSENT = "coqc not found, apt-get install coq"


class CoqError(Exception):
    """coqc or coqchk refuses; the message is theirs."""


def find_coqc() -> str | None:
    """Path of the Coq compiler, if it is installed."""
    return shutil.which("coqc")


def compile_library(folder: Path, names: Sequence[str] = CORE) -> None:
    """Compile the development into ``folder``.  Raises :class:`CoqError` with coqc's message."""
    for name in names:
        text = files("proofs").joinpath(f"coq/{name}.v").read_text(encoding="utf-8")
        (folder / f"{name}.v").write_text(text, encoding="utf-8")
        _run("coqc", folder, f"{name}.v")


def assumptions(folder: Path, names: Sequence[str] = CORE) -> dict[str, str]:
    """What ``Print Assumptions`` says of every theorem, on one line each; ``folder`` holds the compiled library."""
    found = {}
    for name in names:
        for theorem in THEOREMS[name]:
            source = f"From Dyadic Require {name}.\nPrint Assumptions {name}.{theorem}.\n"
            (folder / "Ask.v").write_text(source, encoding="utf-8")
            answer = _run("coqc", folder, "Ask.v")
            axioms = re.findall(r"^([A-Za-z][\w.]*)(?:\s*:|$)", answer, re.M)
            closed = "Closed under the global context" in answer
            found[f"{name}.{theorem}"] = (
                "none" if closed else ", ".join(a for a in axioms if a not in ("Axioms", "Warning"))
            )
    return found


def recheck(folder: Path, names: Sequence[str] = CORE) -> str:
    """Have coqchk, a checker of its own, accept the compiled files; its report."""
    return _run("coqchk", folder, "-silent", *(f"Dyadic.{name}" for name in names), timeout=300)


def instance_source(reads: Mapping[str, Sequence[str]], ranks: Mapping[str, int], steps: int) -> str:
    """A Coq file that states and proves the theorem for one table.

    reads: what the update of each variable reads.  ranks: its rank.  Variables are numbered in the order of
    ``reads``; names do not reach Coq.
    """
    number = {name: position for position, name in enumerate(reads, 1)}
    rank_rows = ";\n  ".join(f"({number[name]}%positive, {ranks[name]}%N)" for name in reads)
    read_rows = ";\n  ".join(
        f"({number[name]}%positive, [{'; '.join(f'{number[other]}%positive' for other in others)}])"
        for name, others in reads.items()
    )
    return f"""From Coq Require Import NArith PArith List.
From Dyadic Require Import Stabilisation Instance.
Import ListNotations.

Definition network_ranks : table N := of_list [
  {rank_rows}].
Definition network_reads : table (list positive) := of_list [
  {read_rows}].

Lemma network_checked : check network_ranks network_reads {steps}%N = true.
Proof. vm_compute. reflexivity. Qed.

Definition network_exact := exact_after_T network_ranks network_reads {steps}%N network_checked.
"""


def check_instance(folder: Path, source: str, timeout: float = 120) -> None:
    """Have coqc check an instance against the compiled library.  Raises :class:`CoqError` if it refuses."""
    (folder / "Network.v").write_text(source, encoding="utf-8")
    _run("coqc", folder, "Network.v", timeout=timeout)


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
    """The claim ``machine``: coqc accepts the theorem and this network's instance of it."""
    statement = (
        f"Machine-checked: any system with this network's rank table is at its unique fixed point after {steps} "
        "synchronous steps from any state"
    )
    method = "Coq: the 2L theorem, instantiated by computation"
    trusted = ("Coq's kernel",)
    if find_coqc() is None:
        return Claim("machine", statement, Verdict.UNDECIDED, method, (), trusted, reason=_ABSENT)
    reads, ranks = graph_table(graph)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            compile_library(folder)
            check_instance(folder, instance_source(reads, ranks, steps))
        except CoqError as error:
            return Claim("machine", statement, Verdict.UNDECIDED, method, (), trusted, reason=str(error)[:500])
    return Claim("machine", statement, Verdict.PROVED, method, (), trusted)


def _run(command: str, folder: Path, *arguments: str, timeout: float = 120) -> str:
    path = shutil.which(command)
    if path is None:
        raise CoqError(_ABSENT)
    flags = ["-Q", ".", "Dyadic"]
    try:
        done = subprocess.run(
            [path, *flags, *arguments], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CoqError(f"{command} did not finish within {timeout:.0f} s") from error
    if done.returncode:
        raise CoqError((done.stderr or done.stdout).strip()[-2000:])
    return done.stdout + done.stderr
