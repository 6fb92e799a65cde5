"""Which run bounds on rounding errors are about: the equations, the numbers that the module was given, its type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dyadic.physics.updates import Array, Updates
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.serialise import digest


@dataclass(frozen=True)
class CertifiedRun:
    """One run of an emitted module.

    name: of the architecture.  equations: SHA-256 of the hashes of its equations, by tag.
    arrays: SHA-256 of the parameters, inputs and target.  dtype: of the module.  samples: in the batch.
    """

    name: str
    equations: str
    arrays: str
    dtype: str
    samples: int

    def as_dict(self) -> dict[str, Any]:
        """The run as JSON."""
        return {
            "architecture": self.name, "equations": self.equations, "arrays": self.arrays, "dtype": self.dtype,
            "samples": self.samples,
        }  # fmt: skip


def run_of(updates: Updates, dtype: str) -> CertifiedRun:
    """Which run it is."""
    network = updates.network
    samples = updates.batch if network.batched else 1
    arrays = _arrays_digest({"params": updates.params, "x": updates.inputs, "y": updates.target})
    return CertifiedRun(
        network.derivation.architecture.name, equations_digest(network.derivation), arrays, dtype, samples
    )


def equations_digest(derivation: Derivation) -> str:
    """SHA-256 of the hashes of a network's equations, by their tags."""
    return digest({tag: equation.hash for tag, equation in derivation.equations.items()})


def _arrays_digest(arrays: Mapping[str, Any]) -> str:
    """Of all entries in the order of names, with names, types and shapes; bytes as little-endian numbers."""
    found = hashlib.sha256()

    def take(name: str, value: Array | Mapping[str, Any]) -> None:
        if isinstance(value, Mapping):
            for key in sorted(value):
                take(f"{name} {key}", value[key])
            return
        array = np.ascontiguousarray(value)
        array = array.astype(array.dtype.newbyteorder("<"))
        found.update(repr((name, array.dtype.str, np.shape(value))).encode() + array.tobytes())

    take("", arrays)
    return found.hexdigest()


__all__ = ["CertifiedRun", "equations_digest", "run_of"]
