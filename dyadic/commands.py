"""What each command does; the result is its exit status.  Outputs are tested before the work begins."""

from __future__ import annotations

import json
import sys
from collections.abc import Container
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dyadic
from dyadic import report
from dyadic.files import appendix_document, expect_apart, json_bytes, reserved, reserved_folder
from dyadic.printable import printable
from dyadic.results import Certificate
from dyadic.symbolic import Derivation, DyadicError
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.granularity import Granularity
from dyadic.symbolic.limits import LARGEST_SIZE, regular_file
from dyadic.terminal import page, progress

if TYPE_CHECKING:
    from dyadic.codegen import Emission

_UTF_8 = "set PYTHONIOENCODING=utf-8"
EXIT = {"proved": 0, "as expected": 0, "refuted": 1, "not as expected": 1, "unreadable": 2, "undecided": 3}


def derive(spec: Path, cost: str | None, granularity: Granularity | None, format_: str) -> int:
    derivation = derivation_of(spec, cost, granularity)
    if format_ == "json":
        return print_json(report.derivation_json(derivation))
    if format_ == "latex":
        return _print_exactly([*report.derivation_latex(derivation)], _UTF_8)
    return _print_exactly([*report.derivation_text(derivation)], f"{_UTF_8}, or take --format json")


def explain(topic: str | None) -> int:
    from dyadic import explanations

    return print_lines(explanations.text(topic, page(sys.stdout)))


def verify(
    spec: Path, cost: str | None, granularity: Granularity | None, format_: str, certificate: Path | None,
    methods: str | None, verbose: bool, sizes: tuple[str, ...] = (), **options: Any,
) -> int:  # fmt: skip
    from dyadic.proofs import Notes
    from dyadic.summary import verdict_text

    names, notes, numbers = names_of("--methods", methods), Notes(), numbers_of(sizes)
    with nullcontext() if certificate is None else reserved(certificate, spec) as write:
        derivation = derivation_of(spec, cost, granularity, numbers)
        found = verified(derivation, methods=names, notes=notes, **options)
        if write is not None:
            write(found.to_json().encode())
    if format_ == "json":
        print_json(report.summary_json(found, notes))
    else:
        print_lines(f"note: {note}" for note in derivation.architecture.notes)
        print_lines(verdict_text(found, notes, page(sys.stdout), verbose))
    return EXIT[found.verdict]


def verify_own(
    spec: Path | None, cost: str | None, granularity: Granularity | None, format_: str, claims: Path, verbose: bool
) -> int:
    from dyadic.annotations import github_annotations, sarif_log
    from dyadic.proofs.statements import architecture_of, examine_claims
    from dyadic.summary import own_claims_text

    derivation = derivation_of(spec or architecture_of(claims), cost, granularity)
    with progress("verifying") as show:
        found = examine_claims(derivation, claims, progress=lambda name: show(f"verifying: {name}"))
    if format_ == "json":
        print_json(report.claims_json(derivation, found))
    elif format_ == "github":
        print_lines(github_annotations(found, str(claims)))
    elif format_ == "sarif":
        print_json(sarif_log(found, claims))
    else:
        print_lines(own_claims_text(derivation, found, str(claims), page(sys.stdout), verbose))
    return EXIT[found.verdict]


def certificate_in(path: Path, effort: int = 1) -> Any:
    """The content of a certificate's file.  Raises :class:`DyadicError` for one that holds none: it is not rejected."""
    from dyadic.proofs import NoCertificate
    from dyadic.proofs.checker.intake.source import read

    try:
        return read(str(path), effort)
    except NoCertificate as error:
        raise DyadicError(f"{path}: {error.reason}") from error


def check(
    certificate: Path, spec: Path | None, cost: str | None, granularity: Granularity | None, effort: int, coq: bool,
    sizes: tuple[str, ...] = (),
) -> int:  # fmt: skip
    from dyadic.proofs import Rejected
    from dyadic.summary import rejected_text, report_text

    if spec is None and (cost or granularity or sizes):
        raise DyadicError("--cost, --granularity and --size say how a SPEC is read: they go with --spec")
    if certificate.suffix in (".html", ".pdf"):
        raise DyadicError(f"{certificate}: a page is not checked; check the certificate, or an appendix in .tex")
    regular_file(certificate, sys.maxsize)
    derivation = None if spec is None else derivation_of(spec, cost, granularity, numbers_of(sizes))
    try:
        with progress("checking"):
            found = dyadic.check(certificate_in(certificate, effort), derivation, effort, coq)
    except Rejected as error:
        print_lines(rejected_text(str(error), page(sys.stdout)))
        return 1
    print_lines(report_text(found, page(sys.stdout)))
    return 0 if found.confirmed else 3


def emit(
    spec: Path, cost: str | None, granularity: Granularity | None, target: str, dtype: str, sizes: tuple[str, ...],
    tensor_cores: str | None, output: Path | None, verify: bool,
) -> int:  # fmt: skip
    numbers = numbers_of(sizes)
    if verify:
        return _verify_kernels(spec, cost, granularity, target, dtype, numbers, tensor_cores, output)
    if output is None or output == Path("-"):
        found = _emitted(derivation_of(spec, cost, granularity, numbers), target, dtype, tensor_cores)
        if found.arrays:
            raise DyadicError("this model has arrays of its own, which need a file: give one with -o")
        if found.binary is not None:
            raise DyadicError(f"what the target {target} writes is no text: give a file with -o")
        return _print_exactly([found.text.removesuffix("\n")], "give a file with -o")
    _expect_ending(output, target)
    with reserved(output, spec) as write:
        found = _emitted(derivation_of(spec, cost, granularity, numbers), target, dtype, tensor_cores)
        stored = output.with_suffix(".npz")
        if found.arrays:
            with reserved(stored, spec) as write_arrays:
                write_arrays(found.stored())
        write(found.content)
    return print_lines(
        [printable(f"{output} needs {stored}, written beside it: the model's arrays")] if found.arrays else []
    )


def _expect_ending(output: Path, target: str) -> None:
    """A file is called what it is: the kernels of every target but ONNX stand inside a module in Python."""
    is_graph = target == "onnx"
    wanted, what = (".onnx", "an ONNX graph") if is_graph else (".py", f"a module in Python, the target {target}'s too")
    if output.suffix != wanted and output.suffix in (".npz", ".c", ".cu", ".h", ".cpp", ".onnx", ".py", ".so"):
        raise DyadicError(f"{output}: what is written is {what}; give it a name that ends in {wanted}")


def _emitted(derivation: Derivation, target: str, dtype: str, tensor_cores: str | None) -> Emission:
    with progress("emitting"):
        return dyadic.emit(derivation, target, dtype, tensor_cores=tensor_cores)


def _verify_kernels(
    spec: Path, cost: str | None, granularity: Granularity | None, target: str, dtype: str, numbers: dict[str, int],
    tensor_cores: str | None, output: Path | None,
) -> int:  # fmt: skip
    from dyadic.codegen.cupy_target import expect_tensor_cores
    from dyadic.codegen.evidence import evidence
    from dyadic.codegen.evidence import report as as_text

    if target != "cupy" or output is not None:
        raise DyadicError("--verify prints what is shown of the kernels of --target cupy, and takes no -o")
    expect_tensor_cores(tensor_cores, target, dtype)
    derivation = derivation_of(spec, cost, granularity, numbers)
    with progress("verifying the kernels"):
        findings = list(evidence(derivation, dtype, tensor_cores))
    print_lines(as_text(findings))
    return 1 if any(finding.outcome == "wrong" for finding in findings) else 0


def figure(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], kind: str,
    stepsizes: tuple[float, ...], seed: int | None, outputs: tuple[Path, ...],
) -> int:  # fmt: skip
    from dyadic.drawings import drawn
    from dyadic.paper import figure_file, figure_format

    for output in outputs:
        figure_format(output)
    expect_apart(outputs)
    relaxed = kind in ("deviation", "heatmap")
    for option, given in (("--stepsize", bool(stepsizes)), ("--seed", seed is not None)):
        if given and not relaxed:
            raise DyadicError(f"{option} is of relaxations, and --kind {kind} shows none")
    if kind == "heatmap" and len(stepsizes) > 1:
        raise DyadicError("a heat map shows one relaxation; give one --stepsize")
    with ExitStack() as stack:
        writers = {output: stack.enter_context(reserved(output, spec)) for output in outputs}
        derivation = derivation_of(spec, cost, granularity, numbers_of(sizes))
        with progress("relaxing" if relaxed else "drawing"):
            drawing = drawn(derivation, kind, stepsizes, seed or 0)
            contents = [figure_file(drawing, output) for output in outputs]
        for write, content in zip(writers.values(), contents, strict=True):
            write(content)
    return 0


def build(
    spec: Path, cost: str | None, granularity: Granularity | None, output: Path, dtype: str, sizes: tuple[str, ...]
) -> int:
    from dyadic.paper import appendix_files
    from dyadic.summary import outcome

    numbers = numbers_of(sizes)
    with reserved_folder(output, spec) as write:
        derivation = derivation_of(spec, cost, granularity, numbers)
        contents = dyadic.emit(derivation, "numpy", dtype).files("kernels_numpy.py")
        refused: dict[str, UnsupportedEquation] = {}
        for target in ("c", "cupy"):
            try:
                contents |= dyadic.emit(derivation, target, dtype).files(f"kernels_{target}.py")
            except UnsupportedEquation as error:
                refused[target] = error
        found = verified(derivation)
        contents["derivation.json"] = json_bytes(report.derivation_json(derivation))
        contents["certificate.json"] = found.to_json().encode()
        with progress("typesetting"):
            document = appendix_document(derivation, found)
            for ending in ("tex", "pdf"):
                made = appendix_files(document, Path(f"appendix.{ending}"))
                contents |= {str(name): content for name, content in made.items()}
        write(contents)
    print_lines([outcome(found)])
    print_lines(f"  {output / name}" for name in sorted(contents))
    print_lines(f"  kernels_{target}.py is left out: {why}" for target, why in refused.items())
    print_lines([f"  fastest here: {_fastest(derivation, refused)}"])
    return EXIT[found.verdict]


def _fastest(derivation: Derivation, refused: Container[str]) -> str:
    """Which of the modules to use on this machine, and why; NumPy's runs everywhere."""
    from dyadic.codegen.c_target import sliding_contractions
    from dyadic.codegen.compilers import find_c_compiler, has_device

    compiler = find_c_compiler()
    if "cupy" not in refused and has_device():
        return "kernels_cupy.py, on the CUDA device that CuPy sees (not measured)"
    if "c" not in refused and compiler is not None:
        slow = sliding_contractions(derivation)
        but = (
            f"; kernels_numpy.py for batches of more than a few samples ({slow[0]} slides over its input)"
            if slow
            else ""
        )
        return f"kernels_c.py, compiled at its first use with {compiler}{but}"
    reason = "kernels_c.py was left out" if "c" in refused else "no C compiler was found: cc, or pip install ziglang"
    return f"kernels_numpy.py ({reason})"


def layers(name: str | None) -> int:
    from dyadic import catalogue

    if name in catalogue.OF_MODELS:
        return print_lines(catalogue.readable(name))
    return print_lines(catalogue.overview() if name is None else catalogue.text(catalogue.entry(name)))


def doctor() -> int:
    from dyadic import doctor as machine

    rows = machine.report()
    return print_lines(
        f"{'yes' if there else 'no ':<4} {thing:<13} {detail:<48} {use}" for thing, there, detail, use in rows
    )


def derivation_of(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: dict[str, int] | None = None
) -> Derivation:
    with progress("deriving"):
        return dyadic.derive(dyadic.read(spec, cost, granularity, sizes))


def numbers_of(sizes: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for text in sizes:
        name, _, value = text.partition("=")
        if not (value.isascii() and value.isdecimal()) or len(value) > 10 or not 0 < int(value) <= LARGEST_SIZE:
            raise DyadicError(f"--size {text[:60]}: write NAME=NUMBER with a number from 1 to {LARGEST_SIZE}")
        if name in found:
            raise DyadicError(f"--size: {name[:60]} is given twice")
        found[name] = int(value)
    return found


def names_of(option: str, text: str | None) -> list[str] | None:
    """The names that an option takes, with commas between them; None where it is not given.  Refuses no name."""
    if text is None:
        return None
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise DyadicError(f"{option}: has no name; give some with commas between them, or leave it out")
    return found


def verified(derivation: Derivation, **options: Any) -> Certificate:
    with progress("verifying") as show:
        return dyadic.verify(derivation, progress=lambda stage: show(f"verifying: {stage}"), **options)


def print_lines(lines: Any) -> int:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    return 0


def _print_exactly(lines: list[str], remedy: str) -> int:
    """What somebody reads on with a program, or copies: in its own characters, or not at all."""
    text = "\n".join(lines)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError as error:
        raise DyadicError(f"standard output cannot hold {text[error.start]!a}: {remedy}") from None
    return print_lines([text])


def print_json(content: Any) -> int:
    """JSON in the characters that standard output has."""
    ascii_only = sys.stdout.encoding.lower().replace("-", "") != "utf8"
    return print_lines([json.dumps(content, indent=1, ensure_ascii=ascii_only)])
