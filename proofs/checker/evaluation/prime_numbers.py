"""Primes to compute modulo: large enough that an agreement by chance is improbable, and known to be prime.

A polynomial of degree D that is not zero is zero at a random point modulo p with probability at most D / p (Schwartz
and Zippel).  Where D is near 2^61, or beyond, no number of points modulo primes of that size shows anything: then the
primes are larger.
"""

from __future__ import annotations

import hashlib
from math import gcd

from dyadic.proofs.checker.intake.reading import Costly

BITS, MOST_BITS = 61, 448
"""Sizes of the primes.  What is drawn modulo a large one has 512 bits, and is spread evenly."""
ALONE, TOGETHER = 31, 20
"""A run that stands alone errs with probability at most 2^-31, one of several with 2^-20: either way below 1e-9."""
SHOWN = -9
"""The error, as a power of 10, above which an agreement is not counted as evidence."""
_TESTED = 80
"""Numbers of so many bits are below the 3.3 * 10^24 for which the test of :func:`is_prime` is exact."""


def chance(label: str, seed: int = 0) -> int:
    """An integer of 64 bits that depends only on the label and the seed."""
    raw = hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=8).digest()
    return int.from_bytes(raw, "big")


def primes(seed: int, bits: int = BITS) -> tuple[int, int]:
    """Two primes drawn with the seed: near 2^61, or of that many bits where more are asked for."""
    if bits > BITS:
        return _proved_prime(bits, seed, "first"), _proved_prime(bits, seed, "second")
    return next_prime(2**61 + chance("first prime", seed) % 2**59), next_prime(
        2**61 + 2**60 + chance("second prime", seed) % 2**59
    )


def bits_for(trials: int, runs: int = 1) -> int:
    """The bits of primes modulo which runs that err with probability ``trials`` / p show something.

    Raises :class:`Costly` where the primes would be too large.
    """
    if trials.bit_length() + (ALONE if runs == 1 else TOGETHER) <= BITS:
        return BITS
    bits = trials.bit_length() + ALONE + 1
    if bits > MOST_BITS:
        raise Costly("equations", f"have polynomials of so high a degree that primes of {MOST_BITS} bits show nothing")
    return bits


def digest_size(prime: int, usual: int) -> int:
    """The bytes that a residue is drawn from: as many as usual for a prime near 2^61."""
    return usual if prime.bit_length() <= BITS + 3 else 64


def next_prime(candidate: int) -> int:
    candidate |= 1
    while not is_prime(candidate):
        candidate += 2
    return candidate


def is_prime(n: int) -> bool:
    """Miller and Rabin's test; with these bases it is exact below 3.3 * 10^24 (Sorenson and Webster 2015)."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
    if n < 2 or any(n % base == 0 for base in bases):
        return n in bases
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        if not any((x := x * x % n) == n - 1 for _ in range(twos - 1)):
            return False
    return True


def _proved_prime(bits: int, seed: int, label: str) -> int:
    """A prime of the given number of bits, with its proof on the way (Pocklington 1914).

    With a prime q of more than half the bits, n = 2 k q + 1 is prime if a^(n - 1) = 1 and a^(2 k) - 1 is prime to n for
    some a: every prime factor of n is then 1 modulo q, hence larger than the root of n.
    """
    if bits <= _TESTED:
        return next_prime((1 << bits - 1) + _drawn(f"{label} {bits}", seed) % (1 << bits - 2))
    q = _proved_prime(bits // 2 + 2, seed, label)
    low = -(-(1 << bits - 1) // (2 * q))
    k = low + _drawn(f"{label} {bits}", seed) % (low // 2)
    while True:
        n = 2 * k * q + 1
        if q * q > n and pow(2, n - 1, n) == 1 and gcd(pow(2, 2 * k, n) - 1, n) == 1:
            return n
        k += 1


def _drawn(label: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=64).digest(), "big")


__all__ = [
    "ALONE", "BITS", "MOST_BITS", "SHOWN", "TOGETHER", "bits_for", "chance", "digest_size", "is_prime", "next_prime",
    "primes",
]  # fmt: skip
