"""The command line: ``dyadic derive|verify|check|emit|appendix|build|layers|doctor``.

Exit status: 0 everything proved or done; 1 a claim refuted; 2 invalid input or usage; 3 something undecided.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

import dyadic
from dyadic import catalogue, report
from dyadic import doctor as machine
from dyadic.codegen import DTYPES, TARGETS, stored_arrays
from dyadic.files import unwritable, write_arrays, write_json, write_text
from dyadic.proofs import Notes, Rejected
from dyadic.proofs.checker.source import read
from dyadic.proofs.claims import overall
from dyadic.proofs.statements import verify_claims
from dyadic.symbolic import Derivation, DyadicError
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.granularity import Granularity

_EXIT = {"proved": 0, "refuted": 1, "undecided": 3}


@dataclass(frozen=True)
class Spec:
    """The SPEC argument and how it is to be read."""

    path: Path
    cost: str | None
    granularity: Granularity | None


def _spec(command: Callable[..., None]) -> Callable[..., None]:
    """The argument SPEC with its options, handed to a command as one :class:`Spec`."""

    @click.argument("spec", type=click.Path(path_type=Path))
    @click.option("--cost", type=click.Choice(tuple(COSTS)), help="The cost of a model that has none [abstract].")
    @click.option(
        "--granularity", type=click.Choice(["operation", "layer"]),
        help="What a vertex is: every operation, or convolution + norm + activation, an attention.",
    )  # fmt: skip
    @wraps(command)
    def wrapped(spec: Path, cost: str | None, granularity: Granularity | None, **rest: Any) -> None:
        command(spec=Spec(spec, cost, granularity), **rest)

    return wrapped


_size = click.option(
    "--size", "sizes", multiple=True, metavar="NAME=NUMBER", help="A number for a size that is given by name."
)
_dtype = click.option("--dtype", type=click.Choice(DTYPES), default="float64", show_default=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(dyadic.__version__, prog_name="dyadic")
def commands() -> None:
    """Derive, prove, emit and typeset Dyadic Backpropagation for an architecture.

    SPEC is a TOML file, an ONNX model (.onnx) or a program exported from PyTorch (.pt2).

    Exit status: 0 proved or done, 1 refuted, 2 invalid input, 3 undecided.
    """


@commands.command()
@_spec
@click.option("--format", "format_", type=click.Choice(["text", "latex", "json"]), default="text", show_default=True)
def derive(spec: Spec, format_: str) -> None:
    """Print the doubled energy, its Euler-Lagrange equations and the dynamics."""
    derivation = _derivation(spec)
    if format_ == "json":
        click.echo(json.dumps(report.derivation_json(derivation), indent=1, ensure_ascii=False))
        return
    lines = report.derivation_text if format_ == "text" else report.derivation_latex
    for line in lines(derivation):
        click.echo(line)


@commands.command()
@_spec
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--certificate", type=click.Path(path_type=Path), help="Write the certificate to this file.")
@click.option("--steps", type=click.IntRange(min=0), help="Number of unit steps to verify [default: T, usually 2L].")
@click.option("--coq", is_flag=True, help="Also have Coq check the theorem and this network's instance of it.")
@click.option("--methods", metavar="A,B,...", help="Run only these methods.")
@click.option("--deep", is_flag=True, help="Also run the costlier methods.")
@click.option(
    "--list-methods", is_flag=True, is_eager=True, expose_value=False, callback=lambda *a: _list_methods(*a),
    help="Show every method: what it proves, trusts and cannot see.",
)  # fmt: skip
@click.option("--claims", type=click.Path(path_type=Path), help="Check the claims of this .toml or .tex file instead.")
def verify(
    spec: Spec,
    format_: str,
    certificate: Path | None,
    steps: int | None,
    coq: bool,
    methods: str | None,
    deep: bool,
    claims: Path | None,
) -> None:
    """Prove that the relaxation is exactly backpropagation after 2L unit steps."""
    if claims is not None:
        if certificate is not None or steps is not None or coq or methods is not None or deep:
            raise click.UsageError("--claims goes with SPEC and --format alone.")
        _verify_claims(spec, claims, format_)
    names = None if methods is None else [name.strip() for name in methods.split(",")]
    derivation = _derivation(spec)
    notes = Notes()
    found = _verify(derivation, steps=steps, coq=coq, methods=names, deep=deep, notes=notes)
    if certificate is not None:
        write_json(certificate, found)
    if format_ == "json":
        click.echo(json.dumps(report.summary_json(found, notes), indent=1, ensure_ascii=False))
    else:
        for note in derivation.architecture.notes:
            click.echo(f"note: {note}")
        for line in report.verdict_text(found, notes):
            click.echo(line)
    sys.exit(_EXIT[found["verdict"]])


def _verify_claims(spec: Spec, path: Path, format_: str) -> None:
    derivation = _derivation(spec)
    with _progress("verifying") as say:
        found = verify_claims(derivation, path, progress=lambda name: say(f"verifying: {name}"))
    if format_ == "json":
        click.echo(json.dumps(report.claims_json(derivation, found), indent=1, ensure_ascii=False))
    else:
        for line in report.claims_text(derivation, found):
            click.echo(line)
    sys.exit(_EXIT[overall(found)])


@commands.command()
@click.argument("certificate", type=click.Path(path_type=Path))
def check(certificate: Path) -> None:
    """Verify a certificate again, from its contents alone.

    Exit status: 0 confirmed, 1 rejected, 3 in part only.
    """
    try:
        with _progress("checking"):
            found = dyadic.check(read(str(certificate)))
    except Rejected as error:
        click.echo(f"REJECTED   {error}")
        sys.exit(1)
    for line in found.lines():
        click.echo(line)
    sys.exit(0 if found.confirmed else 3)


@commands.command()
@_spec
@click.option("--target", type=click.Choice(TARGETS), required=True)
@_dtype
@_size
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of standard output.")
def emit(spec: Spec, target: str, dtype: str, sizes: tuple[str, ...], output: Path | None) -> None:
    """Emit a standalone module with the network's gradients and its relaxation.

    A model's own arrays go into a file beside it, of the same name with the ending .npz.
    """
    derivation = _derivation(spec, sizes)
    text, values = dyadic.emit(derivation, target, dtype), stored_arrays(derivation.architecture)
    if output is None:
        if values:
            raise click.UsageError("this model has arrays of its own, which need a file: give one with -o")
        click.echo(text, nl=False)
        return
    write_text(output, text)
    if values:
        write_arrays(output.with_suffix(".npz"), values)


@commands.command()
@_spec
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A .tex or .pdf file.")
def appendix(spec: Spec, output: Path) -> None:
    """Write the derivation and its verification as a paper appendix."""
    derivation = _derivation(spec)
    found = _verify(derivation)
    with _progress("typesetting"):
        dyadic.appendix(derivation, found, output)
    sys.exit(_EXIT[found["verdict"]])


@commands.command()
@_spec
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="A folder; made if it is not there."
)
@_dtype
@_size
def build(spec: Spec, output: Path, dtype: str, sizes: tuple[str, ...]) -> None:
    """All of it: derivation, certificate, kernels and appendix into one folder."""
    derivation = _derivation(spec, sizes)
    modules = {"numpy": dyadic.emit(derivation, "numpy", dtype)}
    refused = None
    try:
        modules["cupy"] = dyadic.emit(derivation, "cupy", dtype)
    except UnsupportedEquation as error:
        refused = error
    found = _verify(derivation)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(output, error) from error
    write_json(output / "derivation.json", report.derivation_json(derivation))
    write_json(output / "certificate.json", found)
    for target, text in modules.items():
        write_text(output / f"kernels_{target}.py", text)
        if values := stored_arrays(derivation.architecture):
            write_arrays(output / f"kernels_{target}.npz", values)
    with _progress("typesetting"):
        for ending in ("tex", "pdf"):
            dyadic.appendix(derivation, found, output / f"appendix.{ending}")
    name = derivation.architecture.name
    click.echo(f"{name}: L = {derivation.L}, exact after {derivation.steps} steps: {found['verdict'].upper()}")
    for path in sorted(output.iterdir()):
        if path.suffix in (".json", ".py", ".tex", ".pdf", ".sty", ".bib", ".npz"):
            click.echo(f"  {path}")
    if refused:
        click.echo(f"  kernels_cupy.py is left out: {refused}")
    sys.exit(_EXIT[found["verdict"]])


@commands.command()
@click.argument("name", required=False)
def layers(name: str | None) -> None:
    """List the layer types and costs, or show one: equation, adjoint, hypotheses, operators, targets."""
    for line in catalogue.overview() if name is None else catalogue.text(catalogue.entry(name)):
        click.echo(line)


@commands.command()
def doctor() -> None:
    """Show what this machine offers and what each thing is used for."""
    for thing, there, detail, use in machine.report():
        click.echo(f"{'yes' if there else 'no ':<4} {thing:<13} {detail:<48} {use}")


def _derivation(spec: Spec, sizes: tuple[str, ...] = ()) -> Derivation:
    architecture = dyadic.read(spec.path, spec.cost, spec.granularity)
    return dyadic.derive(architecture.with_sizes(_numbers(sizes)) if sizes else architecture)


def _numbers(sizes: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for text in sizes:
        name, _, value = text.partition("=")
        if not value.isdecimal() or not 0 < int(value) < 2**31:
            raise click.UsageError(f"--size {text}: write NAME=NUMBER with a positive number")
        found[name] = int(value)
    return found


def _verify(derivation: Derivation, **options: Any) -> dict[str, Any]:
    with _progress("verifying") as say:
        return dyadic.verify(derivation, progress=lambda stage: say(f"verifying: {stage}"), **options)


def _list_methods(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        for line in report.methods_text():
            click.echo(line)
        context.exit()


@contextmanager
def _progress(text: str) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal's standard error; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda message: None
        return
    with console.status(text) as status:
        yield lambda message: status.update(message)


def main() -> None:
    """Entry point: turns errors that a user can mend into one message and exit status 2."""
    try:
        commands.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("dyadic: interrupted", err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        click.echo("dyadic: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except DyadicError as error:
        click.echo(f"dyadic: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader has gone (as with `| head`): nothing is wrong here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
