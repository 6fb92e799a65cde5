"""Dyadic Backpropagation, derived, proved, emitted and typeset.

    import dyadic

    network = dyadic.read("examples/digits.toml")          # or .onnx, .pt2; dyadic.architecture({...}) from a mapping,
                                                           # dyadic.from_torch(module, example_input)
    derivation = dyadic.derive(network)                     # energy, Euler-Lagrange equations, ranks
    certificate = dyadic.verify(derivation)                 # claims with verdicts: a mapping, typed
    dyadic.relax(derivation, seed=1)                        # the dynamics, step by step, against backpropagation
    dyadic.emit(derivation, "numpy").write("module.py")     # a standalone module, with the model's arrays beside it
    dyadic.appendix(derivation, certificate, "appendix.pdf")

Errors that a user can mend are :class:`dyadic.DyadicError`.  Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module

from dyadic.version import __version__

TYPE_CHECKING = False  # typing is not needed to run, and takes its time to import
if TYPE_CHECKING:
    from typing import Any

    from dyadic.codegen import Emission, emit
    from dyadic.exported import from_torch
    from dyadic.files import appendix
    from dyadic.notebooks import Derivation, Equation, derive
    from dyadic.physics import Comparison, RoundingCertificate, Trajectory, certify, compare, relax
    from dyadic.proofs.checker import Report
    from dyadic.proofs.claims import Claim, Verdict
    from dyadic.proofs.statements import verify_claims
    from dyadic.proofs.statements.verdict.pair_verdict import check_vjp
    from dyadic.results import Certificate, RejectedCertificate, check, verify
    from dyadic.symbolic import Architecture, DyadicError, SpecError, architecture, read_spec
    from dyadic.symbolic.readers import read

_HOME = {
    "Architecture": "symbolic", "Derivation": "notebooks", "DyadicError": "symbolic", "SpecError": "symbolic",
    "architecture": "symbolic", "derive": "notebooks", "read_spec": "symbolic",
    "from_torch": "exported", "read": "symbolic.readers",
    "Equation": "notebooks",
    "Claim": "proofs.claims", "Verdict": "proofs.claims", "Report": "proofs.checker",
    "Certificate": "results", "RejectedCertificate": "results", "check": "results", "verify": "results",
    "check_vjp": "proofs.statements.verdict.pair_verdict", "verify_claims": "proofs.statements",
    "Emission": "codegen", "emit": "codegen",
    "appendix": "files",
    "Comparison": "physics", "Trajectory": "physics", "compare": "physics", "relax": "physics",
    "RoundingCertificate": "physics", "certify": "physics",
}  # fmt: skip
"""The module of every public name."""


def __getattr__(name: str) -> Any:
    """A public name, from its module when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


__all__ = [
    "Architecture", "Certificate", "Claim", "Comparison", "Derivation", "DyadicError", "Emission", "Equation",
    "RejectedCertificate", "Report", "RoundingCertificate", "SpecError", "Trajectory", "Verdict", "__version__",
    "appendix", "architecture", "certify", "check", "check_vjp", "compare", "derive", "emit", "from_torch", "read",
    "read_spec", "relax", "verify", "verify_claims",
]  # fmt: skip
