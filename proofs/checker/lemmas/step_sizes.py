"""Steps of another size than 1, for every ranked system: the steps of two inductions as identities of polynomials.

``only``: a variable v displaced alone from the fixed point f stays the only one that is off, as long as no update reads
v before v is home: what v reads is settled.  After a step of size h it is off by x + h / tau (f - x) - f, and

    tau x + h (f - x) - tau f = (tau - h) (x - f),

so that after n steps it is off by (1 - h / tau)^n times as much: never 0 unless h = tau.

``closed-form``: if the deviation of a linear network after n steps is Sum_j binom(n, j) (1 - h)^(n - j) h^j M^j e_0,
one more step multiplies it by (1 - h) + h M.  The coefficient of M^j is then, with a = 1 - h and Pascal's rule,

    a binom(n, j) a^(n - j) h^j + h binom(n, j - 1) a^(n - j + 1) h^(j - 1) = binom(n + 1, j) a^(n + 1 - j) h^j.
"""

from __future__ import annotations

from dyadic.proofs.checker.lemmas.free_polynomials import FreePolynomial, add, atom, multiply, scaled

_NAMES = ("x", "f", "h", "tau", "a", "low", "high", "power of a", "power of h")


def holds(part: str) -> bool:
    """Whether the identity of one of the two parts is one."""
    left, right = _IDENTITIES[part]()
    return left == right


def _displaced() -> tuple[FreePolynomial, FreePolynomial]:
    x, f, h, tau, *_ = map(atom, _NAMES)
    after = add(multiply(tau, x), multiply(h, add(f, scaled(x, -1))), scaled(multiply(tau, f), -1))
    return after, multiply(add(tau, scaled(h, -1)), add(x, scaled(f, -1)))


def _pascal() -> tuple[FreePolynomial, FreePolynomial]:
    """low = binom(n, j - 1), high = binom(n, j), whose sum is binom(n + 1, j); powers a^(n - j) and h^(j - 1)."""
    _, _, h, _, a, low, high, power_a, power_h = map(atom, _NAMES)
    before = add(multiply(a, high, power_a, power_h, h), multiply(h, low, power_a, a, power_h))
    return before, multiply(add(low, high), power_a, a, power_h, h)


_IDENTITIES = {"only": _displaced, "closed-form": _pascal}
PARTS = tuple(_IDENTITIES)
