"""The command line's grammar: commands, arguments and options.  What they do is in :mod:`dyadic.commands`.

Nothing heavy is imported before a command is chosen, so that ``--help`` and a shell's completion are quick: the
choices that come from tables are written out here, and a test compares them.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from dyadic.choices import COST_TYPES, DTYPES, FIGURES, RUNNING, SCHEDULES, SECTIONS, SOLVERS, TARGETS
from dyadic.exits import INVALID, say
from dyadic.option_values import Count, Real, StrictGroup
from dyadic.shared_options import (
    a_file,
    dtype_option,
    number_options,
    read_as,
    seed_option,
    size_option,
    spec_argument,
)
from dyadic.version import __version__


def _run(name: str, /, place: str = "commands", **options: Any) -> int:
    return int(getattr(import_module(f"dyadic.{place}"), name)(**options))


@click.group(cls=StrictGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dyadic")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error (DYADIC_DEBUG=1).")
def commands() -> None:
    """Derive, prove, emit, simulate and typeset Dyadic Backpropagation for an architecture.

    SPEC is a TOML file, an ONNX model (.onnx) or a program exported from PyTorch (.pt2).

    Exit status: 0 proved or done, 1 refuted, rejected or a kernel shown to be wrong, 2 invalid input or an output that
    cannot be written, 3 undecided, 70 a defect of dyadic, 129 the terminal has gone, 130 interrupted, 141 the reader
    of a pipe has gone, 143 terminated.
    """


@commands.command()
@spec_argument
@click.option("--format", "format_", type=click.Choice(["text", "latex", "json"]), default="text", show_default=True)
def derive(**options: Any) -> int:
    """Print the energy, its equations and the dynamics.

    The doubled energy, its Euler-Lagrange equations, ranks; repeated blocks once.
    """
    return _run("derive", **options)


@commands.command()
@read_as
@click.argument("spec", type=a_file, required=False, metavar="SPEC")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "github", "sarif"]), default="text", show_default=True,
    help="github and sarif with --claims alone.",
)  # fmt: skip
@click.option("--certificate", type=a_file, help="Write the certificate to this file.")
@click.option("--steps", type=Count(), help="Number of unit steps to verify [default: T, usually 2L].")
@click.option(
    "--coq",
    is_flag=True,
    help="Also have Coq check the theorem and this network (its library is kept in ~/.cache/dyadic/coq).",
)
@click.option("--methods", metavar="A,B,...", help="Run only these methods (`dyadic explain` lists them).")
@click.option("--deep", is_flag=True, help="Also run the costlier methods.")
@size_option
@click.option("--verbose", is_flag=True, help="Show methods and witnesses too.")
@click.option("--claims", type=a_file, help="Check the claims of this .toml or .tex file instead.")
def verify(claims: Path | None, **options: Any) -> int:
    """Prove that 2L unit steps are exactly backpropagation.

    With --claims FILE.tex, SPEC may be named in that file: % dyadic: architecture network.toml
    """
    if options["spec"] is None and (claims is None or claims.suffix != ".tex"):
        raise click.UsageError("Missing argument 'SPEC'.")
    if claims is None:
        if options["format_"] in ("github", "sarif"):
            raise click.UsageError(f"--format {options['format_']} goes with --claims alone.")
        return _run("verify", **options)
    own = ("certificate", "steps", "coq", "methods", "deep", "sizes")
    if any(options.pop(name) not in (None, False, ()) for name in own):
        raise click.UsageError("--claims goes with SPEC, --format and --verbose alone.")
    return _run("verify_own", claims=claims, **options)


@commands.command("check-vjp")
@click.argument("code", metavar="FILE.py[:NAME]")
@size_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--verbose", is_flag=True, help="Show methods and witnesses too.")
def check_vjp(**options: Any) -> int:
    """Decide whether a backward pass in Python is right.

    The file is read, not executed.

    NAME: NAME_forward and NAME_backward, a class, or the function of a defvjp [all pairs of the file].
    """
    return _run("check_vjp", "code_checks", **options)


@commands.command()
@click.argument("certificate", type=a_file)
@click.option("--spec", type=a_file, help="Reject it unless it speaks of the network of this SPEC.")
@click.option("--cost", type=click.Choice(COST_TYPES), help="The cost of a model that has none [abstract].")
@click.option(
    "--granularity", type=click.Choice(["operation", "layer"]), help="What a vertex is where SPEC is a model."
)
@size_option
@click.option("--effort", type=click.IntRange(1, 10_000), default=1, help="At most so many times the usual work [1].")
@click.option("--coq", is_flag=True, help="Also have Coq check the equations (~/.cache/dyadic/coq keeps its library).")
def check(**options: Any) -> int:
    """Verify a certificate again, from its contents alone.

    Of an appendix (.tex), find formulas that were changed by hand.

    Exit status: 0 confirmed, 1 rejected, 3 in part only.
    """
    if options["certificate"].suffix == ".tex":
        if options.pop("sizes"):
            raise click.UsageError("--size does not go with an appendix.")
        return _run("check_appendix", "publishing", **options)
    return _run("check", **options)


@commands.command()
@spec_argument
@click.option("--target", type=click.Choice(TARGETS), required=True)
@dtype_option
@size_option
@click.option(
    "--tensor-cores", type=click.Choice(("tf32", "float16", "bfloat16")),
    help="Round the factors of large contractions to this, for tensor cores (cupy in float32).",
)  # fmt: skip
@click.option("-o", "--output", type=a_file, help="Write to this file instead of standard output (-).")
@click.option("--verify", is_flag=True, help="Print what is shown of the kernels without a GPU (cupy) instead.")
def emit(**options: Any) -> int:
    """Emit a module that computes gradients and relaxes.

    It stands alone; for onnx it is the gradients as an ONNX graph.

    A model's own arrays go into a file beside the module, of the same name with the ending .npz; a graph holds them.
    """
    return _run("emit", **options)


@commands.command()
@spec_argument
@size_option
@dtype_option
@click.option("--steps", type=Count(), help="Number of steps [default: T, usually 2L].")
@click.option("--stepsize", type=Real(), default=1.0, show_default=True, help="The size h of a step.")
@click.option("--tau", multiple=True, metavar="NAME=NUMBER", help="A vertex's time constant, or x:NAME, s:NAME [1].")
@click.option("--start", default="random", show_default=True, help="The initial state: zero, random or an .npz file.")
@click.option("--starts", type=click.IntRange(1, 10**6), help="Run from so many random states too: latest exact steps.")
@click.option("--schedule", type=click.Choice(SCHEDULES), default="synchronous", show_default=True)
@click.option("--blocks", type=click.IntRange(1), help="Number of blocks of --schedule blocks [2].")
@click.option(
    "--solver", type=click.Choice(SOLVERS), default="euler", show_default=True, help="Others: continuous, by SciPy."
)
@click.option("--coordinates", type=click.Choice(["xs", "dyadic"]), default="xs", show_default=True)
@number_options
@click.option("--batch", type=click.IntRange(1), help="Number of samples drawn [1].")
@seed_option
@click.option("--target", type=click.Choice(RUNNING), default="numpy", show_default=True)
@click.option("-o", "--output", type=a_file, help="Write every state, the energy and the deviation to this .npz file.")
@click.option("--figure", type=a_file, help="Draw how it settles, and what is predicted, in this .svg or .pdf file.")
def relax(**options: Any) -> int:
    """Run the dynamics step by step against backpropagation.

    Exit status: 1 where a variable did not settle when its rank says.
    """
    return _run("relax", "experiments", **options)


@commands.command()
@spec_argument
@size_option
@click.option(
    "--mismatch", type=Real(positive=False), help="Feedback weights off by this relative amount, drawn with the seed."
)
@click.option("--feedback", type=a_file, help="Feedback weights from this .npz file, named as the parameters.")
@click.option("--noise", type=Real(), help="Standard deviation of independent noise at every step (linear networks).")
@click.option("--resolution", type=Real(), help="How far a stored value may be off: half the pitch of a grid.")
@click.option("--count", type=click.IntRange(1), help="Number of runs or devices [1000].")
@click.option("--stepsize", type=Real(), help="The size h of a step, for --noise [1].")
@number_options
@seed_option
def devices(**options: Any) -> int:
    """Predict and simulate devices that are not ideal.

    Exit status: 1 where a device is outside of what was predicted.
    """
    return _run("devices", "experiments", **options)


@commands.command()
@spec_argument
@size_option
@click.option("--methods", metavar="A,B,...", help="Only these methods, by their ids.")
@click.option("--equations", is_flag=True, help="Show the equations derived from each method's energy or field.")
@click.option("--over", metavar="A,B,...", help="Compare the gradients of these parameters alone.")
@click.option("--feedback", type=a_file, help="Weights B of feedback alignment from this .npz file [drawn].")
@click.option("--limit", type=Real(), metavar="SECONDS", help="Processor time for a method; what it found stands [60].")
@number_options
@seed_option
@click.option(
    "-o", "--output", "outputs", type=a_file, multiple=True, help="Write the table, as .csv, .tex or .html, too."
)
def compare(**options: Any) -> int:
    """Hold other methods against backpropagation.

    The methods that came before, on one sample of a network, with verdicts. Exit status: 0, whatever these are.
    """
    return _run("compare", "experiments", **options)


@commands.command()
@spec_argument
@size_option
@click.option("--dtype", type=click.Choice(DTYPES), help="Of the module emitted now [float64].")
@click.option(
    "--module", type=a_file, help="A module that `emit` wrote; it is run with your rights [the one emitted now]."
)
@click.option(
    "--limit", type=Real(), metavar="SECONDS", help="For loading the module, and as long for its gradients [600]."
)
@click.option("--target", type=click.Choice(RUNNING), help="Of the module emitted now [numpy].")
@number_options
@click.option(
    "--a-priori", "radius", type=Real(positive=False), metavar="RADIUS",
    help="Bounds for all inputs so near to the given ones, not for one run.",
)  # fmt: skip
@click.option("--batch", type=click.IntRange(1), help="Number of samples drawn [1].")
@seed_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def certify(**options: Any) -> int:
    """Enclose the rounding errors of one run's gradients.

    How far they are from the exact ones.

    Exit status: 1 where a gradient is further off than rounding explains, 3 where that is undecided. A module is a
    program: it runs with your rights, and may do whatever you may. Give none that you would not run.
    """
    return _run("certify", "experiments", **options)


@commands.command("paper-claims")
@click.argument("spec", type=a_file, required=False)
@read_as
@size_option
@click.option("--verbose", is_flag=True, help="Show methods and what is trusted too.")
def paper_claims(**options: Any) -> int:
    """Read the paper's abstracts as claims, with verdicts.

    SPEC: the network on which theorems are instantiated; a chain of three layers by default. Exit status: 0, whatever
    the verdicts are.
    """
    return _run("paper_claims", "experiments", **options)


@commands.command()
@spec_argument
@click.option(
    "-o", "--output", "outputs", type=a_file, multiple=True, required=True, help="A .tex, .pdf or .html file."
)
@click.option("--certificate", type=a_file, help="Write the certificate that the appendix cites to this file.")
@click.option("--notation", type=a_file, help='Your own letters: a TOML file of lines such as s = "lambda".')
@click.option("--sections", metavar="A,B,...", help="Only these: " + ", ".join(SECTIONS) + ".")
@click.option("--detail", type=click.Choice(["full", "short"]), help="How much is said [full].")
@click.option(
    "--with", "others", type=a_file, multiple=True, metavar="SPEC", help="A further network; may be repeated."
)
@click.option("--generic", is_flag=True, help="Sizes and L by name: of any network of these kinds of layers.")
@click.option("--rounding", type=a_file, help="Bounds that `dyadic certify --format json` printed: a section on them.")
@click.option("--coq", is_flag=True, help="Have Coq check the network's equations too, as `verify --coq`.")
def appendix(**options: Any) -> int:
    """Write the derivation and its verification for a paper.

    Where SPEC is a certificate (.json), it is checked and written alone, as .pdf or .html.
    """
    return _run("appendix", "publishing", **options)


@commands.command()
@spec_argument
@size_option
@click.option("--kind", type=click.Choice(FIGURES), default="wavefront", show_default=True, help="What is drawn.")
@click.option(
    "--stepsize", "stepsizes", type=Real(), multiple=True, metavar="H", help="A step size, or several of a deviation."
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Of what a relaxation starts from and runs on [0].")
@click.option("-o", "--output", "outputs", type=a_file, multiple=True, required=True, help="An .svg or .pdf file.")
def figure(**options: Any) -> int:
    """Draw a network.

    wavefront: which variable is exact after which step.  architecture: the graph, with ranks.  deviation: how far
    relaxations with several step sizes are from backpropagation, step by step.  heatmap: the same per vertex.
    """
    return _run("figure", **options)


@commands.command()
@spec_argument
@click.option("-o", "--output", type=a_file, required=True, help="A folder; made if it is not there.")
@dtype_option
@size_option
def build(**options: Any) -> int:
    """Write derivation, certificate, modules and appendix.

    Into one folder; the modules are those for NumPy, C and CuPy, and it says which is the fastest here.
    """
    return _run("build", **options)


@commands.command()
@click.argument("name", required=False)
def layers(**options: Any) -> int:
    """List the layer types and costs, or show one.

    Of one: equation, adjoint, hypotheses, operators, targets.  `dyadic layers onnx` and `dyadic layers torch` list the
    operators that can be read.
    """
    return _run("layers", **options)


@commands.command()
@click.argument("topic", required=False, metavar="[METHOD]")
def explain(**options: Any) -> int:
    """List the methods of `verify`, or explain one.

    `dyadic explain claims` shows how to write claims of your own, `dyadic explain check-vjp` pairs of passes.
    """
    return _run("explain", **options)


@commands.command()
def doctor() -> int:
    """Show what this machine offers, and for what."""
    return _run("doctor")


def run(arguments: list[str]) -> int:
    """Run one command; its exit status.

    Not by ``commands.main``, which turns a pipe whose reader has gone into the status 1 of a refuted claim.
    """
    if "_DYADIC_COMPLETE" in os.environ:
        commands.main(arguments, prog_name="dyadic")  # a shell asks for completions
    try:
        with commands.make_context("dyadic", arguments) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return INVALID
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "dyadic"
        say(f"{error.format_message()[:500].rstrip('.')}; see `{command} --help`")
        return INVALID
    except click.ClickException as error:
        say(error.format_message())
        return INVALID


__all__ = ["COST_TYPES", "DTYPES", "TARGETS", "commands", "run"]
