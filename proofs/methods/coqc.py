"""Coq's programs, called within bounds of time and memory."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dyadic.scratch import LOCK, temporary_folder

ABSENT = "coqc not found, apt-get install coq"
NO_COQUELICOT = "Coquelicot not found, apt-get install libcoq-coquelicot"


class CoqError(Exception):
    """coqc or coqchk refuses; the message is theirs."""


def find_coqc() -> str | None:
    """Path of the Coq compiler, if it is installed."""
    return shutil.which("coqc")


def has_coquelicot() -> bool:
    """Whether coqc finds Coquelicot, the library of real analysis."""
    with temporary_folder() as folder:
        try:
            compile_file(folder, "Ask", "From Coquelicot Require Hierarchy.\n")
        except CoqError:
            return False
    return True


def compile_file(folder: Path, name: str, source: str, seconds: float = 120, kibibytes: int | None = None) -> str:
    """Compile a file against what is compiled in ``folder``, within bounds of time and memory; coqc's answers.

    Without the user's coqrc: what is declared there would be declared in the file.
    Raises :class:`CoqError` with coqc's message, or with the bound that was met.
    """
    (folder / f"{name}.v").write_text(source, encoding="utf-8")
    answer = run("coqc", folder, "-q", "-w", "none", f"{name}.v", timeout=seconds, kibibytes=kibibytes)
    if not (folder / f"{name}.vo").is_file():
        raise CoqError(f"coqc says nothing against {name}.v, and compiles nothing")
    return answer


def run(command: str, folder: Path, *arguments: str, timeout: float = 120, kibibytes: int | None = None) -> str:
    """What coqc or coqchk says in ``folder``, which it knows as ``Dyadic``.  Raises :class:`CoqError`."""
    path = shutil.which(command)
    if path is None:
        raise CoqError(ABSENT)
    flags = ["-Q", ".", "Dyadic"]
    # the stack only within the memory: Coq goes down a number of terms one by one
    limits = f'ulimit -s unlimited 2>/dev/null; ulimit -v {kibibytes}; exec "$@"'
    bound = [] if kibibytes is None else ["sh", "-c", limits, "sh"]
    try:
        done = subprocess.run(
            [*bound, path, *flags, *arguments], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CoqError(f"{command} did not finish within {timeout:.0f} s") from error
    if done.returncode < 0:
        with LOCK:  # whoever stops the program has it, and has ended its children: nothing is said of that
            raise CoqError(f"{command} was ended by signal {-done.returncode}, perhaps for want of memory")
    if done.returncode:
        message = (done.stderr or done.stdout).strip() or f"{command} ended with status {done.returncode}"
        raise CoqError(message if len(message) < 2000 else f"{message[:700]} ... {message[-1300:]}")
    return done.stdout + done.stderr


def axioms(answer: str) -> list[str]:
    """The axioms named in an answer to ``Print Assumptions``; none also where there is no such answer."""
    return [name for name in re.findall(r"^([^\W\d][\w.']*)(?:\s*:|$)", answer, re.M) if name != "Axioms"]


def named_axioms(
    folder: Path, theorems: Sequence[str], seconds: float = 120, kibibytes: int | None = None
) -> dict[str, list[str]]:
    """The axioms that ``Print Assumptions`` names for theorems, such as ``File.theorem``, of files in ``folder``.

    Raises :class:`CoqError` where Coq does not say it of each of them.
    """
    files = dict.fromkeys(theorem.partition(".")[0] for theorem in theorems)
    questions = [f"From Dyadic Require {name}." for name in files] + [f"Print Assumptions {one}." for one in theorems]
    answer = compile_file(folder, "Ask", "\n".join(questions), seconds, kibibytes)
    answers = re.split(r"^(?=Closed under the global context|Axioms:)", answer, flags=re.M)[1:]
    if len(answers) != len(theorems):
        raise CoqError(f"Coq does not say what {' and '.join(theorems)[:200]} rest on")
    return {one: axioms(said) for one, said in zip(theorems, answers, strict=True)}
