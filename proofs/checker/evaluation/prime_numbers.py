"""Primes to compute modulo: large enough that an agreement by chance is improbable, and known to be prime.

A polynomial with integer coefficients that is not zero, of degree D and with coefficients whose absolute values add up
to at most 2^H, vanishes at a random point modulo a random prime p for one of two reasons:

* modulo p it is not zero, and the point is a root: with probability at most D / p (Schwartz and Zippel);
* p divides every coefficient.  An integer of at most H bits that is not 0 has at most H / b prime divisors of more than
  b bits, so that this has probability at most (H / b) s, if no prime is drawn with a probability above s.

:func:`share` gives s.  A prime near 2^61 is the first one above a number drawn from 2^60, and at most 1600 of these
lead to the same prime: s = 1600 / 2^60 = 1.4e-15, for some 2.7 * 10^16 primes.  Then (H / 61) s <= 128 H / p: a bit of
the coefficients counts as 128 degrees do.  Degrees and bits are bounded together, by one *weight* w >= D, H that is
carried through an evaluation (degrees.py), so that both have a probability of at most (1 + 128) w / p.  That is
:func:`probability`, and :func:`bits_for` gives larger primes where w is too large for those near 2^61.

The seed of a prime has to be one that nobody knows when the equations are written: otherwise they could be made to
vanish modulo that very prime.  The checker takes one from the operating system.  The prover, whose output is a function
of the network, takes a hash of the network's equations: who wants equations that vanish modulo what is drawn has to
find them by trial, and finds after n trials what is improbable with n times the probability.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from math import ceil, gcd

from dyadic.proofs.checker.intake.reading import Costly

BITS, MOST_BITS = 61, 448
"""Sizes of the primes.  What is drawn modulo a large one has 512 bits, and is spread evenly."""
ALONE, TOGETHER = 31, 20
"""A run that stands alone errs with probability at most 2^-31, one of several with 2^-20: either way below 1e-9."""
SHOWN = -9
"""The error, as a power of 10, above which an agreement is not counted as evidence."""
PER_BIT = 128
"""What a bit of the coefficients counts, in degrees."""
_NEAREST, _FURTHEST = 1600, 4096
"""How far from the number drawn a prime is looked for: near 2^61 (where no gap between primes is longer than 1550: T.
Oliveira e Silva, S. Herzog, S. Pardi 2014), and elsewhere."""
_TESTED = 80
"""Numbers of so many bits are below the 3.3 * 10^24 for which the test of :func:`is_prime` is exact."""


def chance(label: str, seed: int = 0) -> int:
    """An integer of 64 bits that depends only on the label and the seed."""
    raw = hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=8).digest()
    return int.from_bytes(raw, "big")


def primes(seed: int, bits: int = BITS) -> tuple[int, int]:
    """Two primes drawn with the seed: between 2^61 and 2^62, or of that many bits where more are asked for."""
    if bits > BITS:
        return _proved_prime(bits, seed, "first"), _proved_prime(bits, seed, "second")
    one, two = (chance(f"{label} prime", seed) % 2**60 for label in ("first", "second"))
    return next_prime(2**61 + one, _NEAREST), next_prime(2**61 + 2**60 + two, _NEAREST)


def share(bits: int = BITS) -> Fraction:
    """The probability, at most, with which any one prime is drawn among those of that many bits.

    A number near which a prime was met is one of few; a large prime n = 2 k q + 1 has one prime factor of n - 1 that is
    as large as q, and for it the number k is drawn in the same way.
    """
    return Fraction(_NEAREST, 2**60) if bits <= BITS else _share_of(bits)


def _share_of(bits: int) -> Fraction:
    """The same of :func:`_proved_prime`."""
    if bits <= _TESTED:
        return Fraction(_FURTHEST, 2 ** (bits - 2))
    half = bits // 2 + 2
    fewest = ((1 << bits - 1) // (2 << half)) // 2
    return _share_of(half) * Fraction(_FURTHEST, fewest)


def probability(trials: int, prime: int) -> Fraction:
    """Of an agreement by chance modulo a prime that was drawn here, at most: see the head of this file.

    trials: the weight of a polynomial, or of several together.
    """
    return min(Fraction(1), Fraction(trials * (1 + _per_bit(prime.bit_length())), prime))


def _per_bit(length: int) -> int:
    """What a bit counts modulo a prime of so many binary digits, in degrees."""
    if length <= BITS + 1:
        return PER_BIT
    return max(PER_BIT, ceil(_share_of(length) * Fraction(2**length, length - 1)))


def bits_for(trials: int, runs: int = 1) -> int:
    """The bits of primes modulo which runs whose polynomials have the weight ``trials`` show something.

    Raises :class:`Costly` where the primes would be too large.
    """
    wanted = ALONE if runs == 1 else TOGETHER
    if (trials * (1 + PER_BIT)).bit_length() + wanted <= BITS:
        return BITS
    bits = max(BITS + 2, trials.bit_length() + wanted + 1)
    while bits <= MOST_BITS and probability(trials, 1 << bits - 1) >= Fraction(1, 2**wanted):
        bits += 8
    if bits > MOST_BITS:
        raise Costly(
            "equations", f"their polynomials are of so high a degree that primes of {MOST_BITS} bits show nothing"
        )
    return bits


def digest_size(prime: int, usual: int) -> int:
    """The bytes that a residue is drawn from: as many as usual for a prime near 2^61."""
    return usual if prime.bit_length() <= BITS + 3 else 64


def next_prime(start: int, furthest: int = _FURTHEST) -> int:
    """The first prime from there on.  Raises :class:`Costly` where none is so near: no prime is drawn too often."""
    for candidate in range(start | 1, start + furthest, 2):
        if is_prime(candidate):
            return candidate
    raise Costly("equations", "no prime to evaluate them with is near the number that was drawn")


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
    start = low + _drawn(f"{label} {bits}", seed) % (low // 2)
    for k in range(start, start + _FURTHEST):
        n = 2 * k * q + 1
        if q * q > n and pow(2, n - 1, n) == 1 and gcd(pow(2, 2 * k, n) - 1, n) == 1:
            return n
    raise Costly("equations", "no prime to evaluate them with is near the number that was drawn")


def _drawn(label: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=64).digest(), "big")


__all__ = [
    "ALONE", "BITS", "MOST_BITS", "PER_BIT", "SHOWN", "TOGETHER", "bits_for", "chance", "digest_size", "is_prime",
    "next_prime", "primes", "probability", "share",
]  # fmt: skip
