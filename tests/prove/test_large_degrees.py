"""Evaluations of polynomials of a high degree: modulo primes at which an agreement shows something, or none at all."""

import copy
import json
from fractions import Fraction

import pytest
from flint import fmpz
from support.refit import claim_of, refitted

from dyadic.proofs import Rejected, Verdict, check, verify
from dyadic.proofs.checker.evaluation.degrees import Degrees, trials_of_chance
from dyadic.proofs.checker.evaluation.equations import Evaluator
from dyadic.proofs.checker.evaluation.kind_pairing import evaluate, small_sizes
from dyadic.proofs.checker.evaluation.own_sizes import agreed, at_own_sizes
from dyadic.proofs.checker.evaluation.prime_numbers import (
    MOST_BITS,
    PER_BIT,
    SHOWN,
    bits_for,
    digest_size,
    is_prime,
    primes,
    probability,
    share,
)
from dyadic.proofs.checker.intake.reading import Costly
from dyadic.proofs.evaluate.network import IntegerEntries, RingDefinition
from dyadic.proofs.evaluate.weights import Degree
from dyadic.proofs.methods import pairing
from dyadic.proofs.sentences import log10_error, told
from dyadic.symbolic import architecture, derive


def powers(count, exponent):
    """A chain of powers: backpropagation is a polynomial of a degree near 2 exponent^count."""
    layers = [{"name": f"l{k}", "type": "power", "exponent": exponent} for k in range(count)]
    table = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(table))


def squares(count):
    """The same by doublings of the degree, each a layer with no exponent in it."""
    layers = [{"name": f"l{k}", "type": "mul", "inputs": [f"l{k - 1}"] * 2 if k else ["x", "x"]} for k in range(count)]
    table = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(table))


@pytest.fixture(scope="module")
def certificate():
    return json.loads(json.dumps(verify(powers(3, 10**6))))


@pytest.mark.parametrize("network", [powers(5, 1000), powers(3, 99999), powers(2, -70_000), squares(45)])
def test_the_error_is_small(network):
    written = json.loads(json.dumps(verify(network, methods=["identity", "pairing", "stepsize"])))
    stated = [c["numbers"]["log10_error"] for c in written["claims"] if "log10_error" in c["numbers"]]
    assert len(stated) == 3
    assert max(stated) <= SHOWN


def test_it_is_confirmed_with_primes_of_the_checkers_own(certificate):
    report = check(certificate)
    said = {finding.claim: finding.detail for finding in report.findings}
    assert report.confirmed
    assert f"error below 1e{claim_of(certificate, 'identity')['numbers']['log10_error']}" in said["identity"]


@pytest.mark.parametrize("kind", ["identity", "pairing"])
@pytest.mark.parametrize("exponent", [1, 0, -1, SHOWN + 1])
def test_an_error_that_shows_nothing_is_no_proof(certificate, kind, exponent):
    forged = copy.deepcopy(certificate)
    claim = claim_of(forged, kind)
    claim["statement"] = claim["statement"].replace(f"1e{claim['numbers']['log10_error']}", f"1e{exponent}")
    claim["numbers"]["log10_error"] = exponent
    with pytest.raises(Rejected, match="log10_error: is not from -99 to -9"):
        check(refitted(forged))


@pytest.mark.parametrize("kind", ["identity", "pairing"])
def test_an_error_that_is_smaller_than_was_found_is_not_reached(certificate, kind):
    forged = copy.deepcopy(certificate)
    claim = claim_of(forged, kind)
    claim["statement"] = claim["statement"].replace(f"1e{claim['numbers']['log10_error']}", "1e-99")
    claim["numbers"]["log10_error"] = -99
    with pytest.raises(Rejected, match="log10_error: is.* not reached by"):
        check(refitted(forged))


def test_no_prime_is_large_enough_for_some():
    written = verify(powers(25, 10**6), methods=["identity"])
    claim = claim_of(written, "identity")
    assert claim["verdict"] == "undecided"
    assert "degree" in claim["reason"]


@pytest.mark.parametrize("kind", ["identity", "pairing", "residues"])
def test_the_prover_does_not_call_it_proved(kind):
    counts = {"steps": 2, "every_step": 1, "integers": 0}
    assert told(kind, Verdict.PROVED, {}, counts | {"log10_error": SHOWN}).verdict is Verdict.PROVED
    open_ = told(kind, Verdict.PROVED, {}, counts | {"log10_error": SHOWN + 1}, witness={})
    assert (open_.verdict, open_.witness) == (Verdict.UNDECIDED, None)
    assert "chance" in open_.reason


def test_the_exponent_of_an_error_is_rounded_up():
    assert [log10_error(Fraction(n, 10**9)) for n in (0, 1, 2, 10**9, 10**11)] == [-99, -8, -8, 1, 3]


def test_a_wrong_adjoint_differs_modulo_a_large_prime():
    content = next(iter(verify(powers(1, 1000), methods=["ranks"])["layers"].values()))
    sizes = small_sizes(content, 0, "here")
    prime, _ = primes(1, 200)
    right = evaluate(content, "here", prime, 3, sizes)
    assert right.forward == right.backward
    wrong = copy.deepcopy(content)
    wrong["adjoints"][0]["body"] = ["*", 2, wrong["adjoints"][0]["body"]]
    found = evaluate(wrong, "here", prime, 3, sizes)
    assert found.forward != found.backward
    with pytest.raises(Rejected, match="the derived adjoints give"):
        agreed(wrong, "here", sizes)


def test_values_at_own_sizes_show_something():
    content = next(iter(verify(powers(1, 10**6), methods=["ranks"])["layers"].values()))
    assert at_own_sizes(content, "here", [small_sizes(content, 0, "here")]) < Fraction(10) ** SHOWN


@pytest.mark.parametrize("bits", [61, 62, 80, 81, 150, 300, MOST_BITS])
def test_primes_are_prime_and_as_large_as_asked_for(bits):
    one, two = primes(7, bits)
    assert fmpz(one).is_prime()
    assert fmpz(two).is_prime()
    assert one != two
    assert min(one, two) >= 2 ** (bits - 1)
    assert primes(7, bits) == (one, two) != primes(8, bits)
    assert 8 * digest_size(one, 16) >= one.bit_length() + 64


@pytest.mark.parametrize("n", [0, 1, 561, 2**61 + 1, 3215031751, (2**31 - 1) * (2**61 - 1)])
def test_what_is_not_prime_is_not_taken_for_it(n):
    assert not is_prime(n)


def test_primes_grow_with_the_degree():
    assert bits_for(2**22) == bits_for(2**33, runs=2) == 61
    for trials in (2**23, 2**31, 2**61, 2**200):
        assert probability(trials, 2 ** (bits_for(trials) - 1)) < Fraction(1, 2**31)
        assert probability(trials, 2 ** (bits_for(trials, runs=2) - 1)) < Fraction(1, 2**20)
    with pytest.raises(Costly):
        bits_for(2**MOST_BITS)


@pytest.mark.parametrize("way", ["function", "root", "largest"])
def test_what_a_function_is_of_counts_too(way):
    """Two arguments that differ agree modulo a prime as often as their degree says, whatever the rest is."""
    degrees = Degrees()
    deep = degrees.power(degrees.draw("s"), 2**50, 1)
    if way == "function":
        degrees.apply("tanh", 0, deep)
    elif way == "root":
        degrees.power(deep, 1, 2)
    else:
        degrees.reduce("argmax", [(0, degrees.draw("x")), (1, deep)], "")
    degrees.apply("tanh", 0, degrees.draw("x"))
    line = degrees.draw("s")
    assert trials_of_chance(line, line, degrees, pairs=1) >= 2**50


# -- constants ---------------------------------------------------------------------------------------------------------


def smooth(depth=4):
    """3^K - 1 for K = (2^5 3^3 5^2 7 11)^depth, a product of prime powers: 0 modulo all p with p - 1 dividing K."""
    power = 3
    for _ in range(depth):
        power = ["^", power, 2**5 * 3**3 * 5**2 * 7 * 11]
    return ["+", power, -1]


def content_of(exponent=1000):
    return copy.deepcopy(next(iter(verify(powers(1, exponent), methods=["ranks"])["layers"].values())))


CONSTANTS = {
    "a power of 3 less 1": smooth(),
    "a long product": ["*", *[3] * 4096],
    "a sum of powers": ["+", ["^", 7, 5000], ["^", ["rational", 2, 9], 3000], -5],
    "what is divided by": ["^", ["+", ["^", 5, 4000], 1], -1],
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_the_bits_of_constants_count_in_the_checker_and_in_the_prover(name):
    """An integer of H bits has up to H / 61 prime divisors of 61 bits, each drawn with a probability of up to 2^-50."""
    plain, content = content_of(), content_of()
    content["adjoints"][0]["body"] = ["*", ["+", CONSTANTS[name], 1], content["adjoints"][0]["body"]]
    sizes = small_sizes(plain, 0, "here")
    prime, _ = primes(5, 200)
    least = evaluate(plain, "here", prime, 3, sizes).trials
    assert evaluate(content, "here", prime, 3, sizes).trials >= least + 4000
    at_work = pairing._run(content, "here", sizes, prime, 3)[1] - pairing._run(plain, "here", sizes, prime, 3)[1]
    assert at_work >= 4000


def test_a_smooth_power_is_seen_with_more_than_chance():
    content = content_of()
    content["adjoints"][0]["body"] = ["*", ["+", smooth(), 1], content["adjoints"][0]["body"]]
    with pytest.raises((Rejected, Costly)):
        agreed(content, "here", small_sizes(content, 0, "here"))
    outcome = evaluate(content, "here", 2**61 + 15, 3, small_sizes(content, 0, "here"))
    assert outcome.bound == 1  # so high a power has more than enough prime divisors: nothing is shown at 61 bits


def test_no_prime_is_drawn_too_often():
    """However often a prime is drawn, a given integer is divisible by it as improbably as is said."""
    assert share() * Fraction(2**62, 61) <= PER_BIT
    for bits in range(63, MOST_BITS + 1):
        claimed = probability(1, 2**bits - 1) * (2**bits - 1)
        assert claimed >= 1 + share(bits) * Fraction(2**bits - 1, bits - 1)
    assert probability(10**6, 2**61 + 15) == Fraction(10**6 * (1 + PER_BIT), 2**61 + 15)
    one, two = (primes(seed)[0] for seed in (1, 2))
    assert 2**61 < one < 2**62
    assert one != two


def test_the_prover_draws_what_depends_on_the_network():
    """Who writes a network does not know the primes before it is written."""
    found = [claim_of(verify(powers(1, n), methods=["identity"]), "identity")["witness"] for n in (2, 3)]
    assert not {*found[0]["primes"]} & {*found[1]["primes"]}
    assert claim_of(verify(powers(1, 2), methods=["identity"]), "identity")["witness"] == found[0]


def test_the_position_of_a_maximum_is_any():
    """What stands beside [k = arg max] counts for every k, whichever is drawn."""
    index, position = ["index", "k"], ["entry", "t", "v", []]
    huge = ["sum", "k", 3, ["*", ["same", index, position], ["same", index, 2], ["^", 7, 1000]]]
    for ring in (Degrees(), None):
        if ring is not None:
            run = Evaluator(ring, {}, "here")
            run.tensors["t", "v"] = {(): ring.reduce("argmax", [(0, ring.draw("a")), (2, ring.draw("b"))], "")}
            assert run.value(huge, {})[0][0] >= 2800
        else:
            weights = Degree()
            item = {"kind": "f", "owner": "v", "indices": [], "shape": [], "body": huge}
            table = {("t", "v"): IntegerEntries({(): weights.argmax([1, 1], [0, 2])})}
            assert RingDefinition(item, {}, weights, "here").evaluate(table)[()] >= 2800
