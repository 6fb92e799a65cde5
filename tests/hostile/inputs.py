"""Inputs that are damaged, absurd or meant to do harm, for every door of the program.

Each case is the files that it needs and the arguments of the command line; every one of them is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hostile.certificates import CERTIFICATES
from hostile.onnx_files import ONNX_FILES
from hostile.toml_files import TOML_FILES

DIGITS = "@digits.toml"
"""A file that is in order."""


@dataclass(frozen=True)
class Case:
    """files: contents by name; None is a folder, Ellipsis a FIFO.  arguments: with the files' names."""

    arguments: tuple[str, ...]
    files: dict[str, object] = field(default_factory=dict)


def cases():
    """All of them by name."""
    found = {}
    for name, content in TOML_FILES.items():
        found[f"toml {name}"] = Case(("verify", "net.toml"), {"net.toml": content})
    for name, content in ONNX_FILES.items():
        command = ("emit", "net.onnx", "--target", "numpy", "-o", "m.py") if len(name) % 2 else ("verify", "net.onnx")
        found[f"onnx {name}"] = Case(command, {"net.onnx": content})
    for name, content in CERTIFICATES.items():
        found[f"certificate {name}"] = Case(("check", "c.json"), {"c.json": content})
    for name, content in program_files().items():
        found[f"pt2 {name}"] = Case(("verify", "net.pt2"), {"net.pt2": content})
    found |= {f"place {name}": case for name, case in places().items()}
    found |= {f"option {name}": Case(arguments, {}) for name, arguments in options().items()}
    found |= claims()
    return found


def program_files():
    """What is no program of torch.export."""
    return {
        "empty": b"",
        "text": b"hello",
        "pickle": b"\x80\x04\x95\x00\x00",
        "pickle that runs": b"cos\nsystem\n(S'touch owned'\ntR.",
        "zip": b"PK\x05\x06" + b"\0" * 18,
        "zip cut short": b"PK\x03\x04" + b"\0" * 40,
        "zeros": b"\0" * 10_000,
        "folder": None,
        "fifo": ...,
    }


def places():
    """SPEC and outputs that are no files, or are not where they should be."""
    digits = {"d.toml": DIGITS}
    found = {
        f"{kind} as {spec}": Case(("derive", spec), files)
        for kind, spec, files in (
            ("nothing", "missing.toml", {}), ("nothing", "missing.onnx", {}), ("nothing", "missing.pt2", {}),
            ("a folder", "f.toml", {"f.toml": None}), ("a folder", "f.onnx", {"f.onnx": None}),
            ("a FIFO", "f.toml", {"f.toml": ...}), ("a FIFO", "f.onnx", {"f.onnx": ...}),
            ("zeros without end", "/dev/zero", {}), ("noise without end", "/dev/urandom", {}),
            ("null", "/dev/null", {}),
            ("memory", "/proc/self/mem", {}), ("a long name", "x" * 300 + ".toml", {}),
            ("a long path", "x/" * 3000, {}), ("an empty name", "", {}), ("a surrogate", "\udcff.toml", {}),
            ("newlines", "a\nb\nc.toml", {}), ("an option", "--", {}),
        )
    }  # fmt: skip
    for ending in ("pth", "pt", "pkl", "ckpt", "safetensors", "bin", "h5"):
        found[f"weights in .{ending}"] = Case(("verify", f"m.{ending}"), {f"m.{ending}": b"\x80\x02}q\x00."})
    for ending in ("txt", "toml"):
        found[f"a pickle in .{ending}"] = Case(("verify", f"m.{ending}"), {f"m.{ending}": b"\x80\x04}q\x00."})
        found[f"an archive in .{ending}"] = Case(("verify", f"m.{ending}"), {f"m.{ending}": b"PK\x03\x04" + b"\0" * 99})
    outputs = {
        "certificate nowhere": ("verify", "d.toml", "--certificate", "no/such/c.json"),
        "certificate in proc": ("verify", "d.toml", "--certificate", "/proc/none/c.json"),
        "certificate a folder": ("verify", "d.toml", "--certificate", "."),
        "certificate full": ("verify", "d.toml", "--certificate", "/dev/full"),
        "appendix docx": ("appendix", "d.toml", "-o", "a.docx"),
        "appendix html nowhere": ("appendix", "d.toml", "-o", "no/such/a.html"),
        "appendix without ending": ("appendix", "d.toml", "-o", "a"),
        "appendix nowhere": ("appendix", "d.toml", "-o", "no/such/a.pdf"),
        "build under a file": ("build", "d.toml", "-o", "d.toml/out"),
        "build on a file": ("build", "d.toml", "-o", "d.toml"),
        "build in proc": ("build", "d.toml", "-o", "/proc/none"),
        "build on a device": ("build", "d.toml", "-o", "/dev/null"),
        "emit nowhere": ("emit", "d.toml", "--target", "numpy", "-o", "no/such/k.py"),
        "emit to npz": ("emit", "d.toml", "--target", "numpy", "-o", "k.npz"),
        "emit full": ("emit", "d.toml", "--target", "numpy", "-o", "/dev/full"),
        "emit long": ("emit", "d.toml", "--target", "numpy", "-o", "x" * 300),
    }
    return found | {name: Case(arguments, digits) for name, arguments in outputs.items()}


def options():
    """Options and names that mean nothing."""
    emit = ("emit", "examples/digits.toml", "--target", "numpy")
    verify = ("verify", "examples/digits.toml")
    found = {
        f"size {k}": (*emit, "--size", text)
        for k, text in enumerate(
            (
                "n=" + "9" * 5_000, "n=0", "n=-1", "n=1.5", "n=0x10", "n=٣", "n=", "=3", "n", "", "n=1e9", "n=9" * 9,
                "n=99999999999", "nobody=3", "n\n=3", "n==3", "__import__('os')=3", "n=1000000000",
            )
        )
    }  # fmt: skip
    found |= {
        "steps": (*verify, "--steps", "9" * 5_000),
        "steps negative": (*verify, "--steps", "-1"),
        "steps many": (*verify, "--steps", "99999999999"),
        "methods none": (*verify, "--methods", ""),
        "methods unknown": (*verify, "--methods", "magic"),
        "methods long": (*verify, "--methods", "x," * 9_000),
        "dtype": (*emit, "--dtype", "float16"),
        "target": ("emit", "examples/digits.toml", "--target", "cuda"),
        "target ptx": ("emit", "examples/digits.toml", "--target", "ptx"),
        "cost": (*verify, "--cost", "nothing"),
        "cost of a TOML file": (*verify, "--cost", "squared_error"),
        "granularity": (*verify, "--granularity", "fine"),
        "granularity of a TOML file": (*verify, "--granularity", "layer"),
        "granularity of an emission": (*emit, "--granularity", "operation"),
        "format": (*verify, "--format", "yaml"),
        "claims and steps": (*verify, "--claims", "examples/claims/right.toml", "--steps", "3"),
        "unknown": (*verify, "--fast"),
        "unknown command": ("prove",),
        "long command": ("x" * 9_000,),
        "no command": ("", ""),
        "no argument": ("verify",),
        "two arguments": (*verify, "another.toml"),
        "layer": ("layers", "no such layer"),
        "layer long": ("layers", "x" * 9_000),
        "layer code": ("layers", "__class__"),
        "doctor": ("doctor", "me"),
    }
    return found


def claims():
    """Claims files that cannot be read."""
    network = {"n.toml": "@claims/network.toml"}
    content = {
        "zeros.toml": b"\0" * 1000, "binary.tex": b"\xff\xfe", "text.toml": b"no claims", "empty.toml": b"",
        "deep.toml": b"claim = " + b"[" * 30_000, "digits.toml": b"h = " + b"9" * 30_000, "keys.toml": b"a . " * 9_000,
        "open.tex": b'% dyadic: begin claim id="it" kind="equal"\nC = C', "fifo.toml": ..., "folder.toml": None,
    }  # fmt: skip
    found = {
        f"claims {name}": Case(("verify", "n.toml", "--claims", name), {**network, name: data})
        for name, data in content.items()
    }
    for place in ("/dev/zero", "missing.toml", "x" * 300):
        found[f"claims {place[:20]}"] = Case(("verify", "n.toml", "--claims", place), network)
    return found
