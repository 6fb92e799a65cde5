"""Certificates: re-verified by code of their own; rejected, with the field named, when anything is changed."""

import contextlib
import copy
import json
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from support.strategies import architectures, residual

from dyadic.files import read_json
from dyadic.proofs import Rejected, check, verify
from dyadic.proofs.checker.graph import certificate_hash
from dyadic.symbolic import DyadicError, derive, read_spec

DIGITS = "examples/digits.toml"


@pytest.fixture(scope="module")
def certificate():
    return verify(derive(read_spec(DIGITS)))


def rehashed(certificate):
    """The forger's last step: a hash that fits."""
    certificate["hash"] = certificate_hash(certificate)
    return certificate


def claim(certificate, name):
    return next(c for c in certificate["claims"] if c["id"] == name)


def test_the_checker_confirms(certificate):
    outcomes = {finding.claim: finding.outcome for finding in check(json.loads(json.dumps(certificate)))}
    for name in ("lemma", "ranks", "identity", "tightness", "steps"):
        assert outcomes[name] == "verified"
    assert outcomes["variational:B"] == "verified"


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(architectures(6))
def test_random_networks_are_confirmed(network):
    assert check(json.loads(json.dumps(verify(derive(network)))))


def test_a_deep_network_is_confirmed():
    assert check(json.loads(json.dumps(verify(derive(residual(300))))))


def test_equal_runs_have_equal_certificates(certificate):
    again = verify(derive(read_spec(DIGITS)))
    assert again["hash"] == certificate["hash"]


def test_any_change_breaks_the_hash(certificate):
    """Every leaf of the file, one at a time."""

    def leaves(node, path=()):
        if isinstance(node, dict):
            for key, value in node.items():
                yield from leaves(value, (*path, key))
        elif isinstance(node, list):
            for position, value in enumerate(node):
                yield from leaves(value, (*path, position))
        else:
            yield path

    changed = 0
    for path in leaves(certificate):
        if path[-1] in ("seconds", "hash"):
            continue
        forged = copy.deepcopy(certificate)
        node = forged
        for key in path[:-1]:
            node = node[key]
        value = node[path[-1]]
        node[path[-1]] = value + 1 if isinstance(value, int) else f"{value}x"
        with pytest.raises(Rejected, match="certificate.hash"):
            check(forged)
        changed += 1
    assert changed > 500


FREE = {"statement", "method", "seconds", "hypotheses", "trusted", "reason", "versions", "not_run", "name"}
"""Texts for people: nothing is concluded from them.  (The network's name; vertices' names are keys as well.)"""
NOT_REPEATED = {"nonreciprocity", "printed:text", "printed:latex"}
"""Claims that the checker reports as stated, with their witnesses."""


def test_a_change_of_any_field_that_matters_is_rejected_even_with_a_hash_that_fits(certificate):
    """One leaf of every kind (the same path up to positions and names)."""

    def leaves(node, path=()):
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in items:
            yield from leaves(value, (*path, key))
        if not isinstance(node, dict | list):
            yield path

    def kind(path):
        named = (
            "x",
            "s",
            "layers",
            "sizes",
            "inputs",
            "terms",
            "equations",
            "gradients",
            "extents",
            "body",
            "parameters",
        )
        return tuple("*" if isinstance(key, int) or (k and path[k - 1] in named) else key for k, key in enumerate(path))

    def matters(path):
        if FREE & set(path) and path[:2] != ("architecture", "vertices"):
            return False
        claim_of = certificate["claims"][path[1]]["id"] if path[0] == "claims" else None
        if path[0] == "costs" and path[-1] == "label":  # a word: that of a layer is under the layer's digest
            return False
        return claim_of not in NOT_REPEATED and path[-1] not in (
            "hash",
            "error_probability_below",
            "schedule",
            "id",
            "witness",
        )

    seen, changed = set(), 0
    for path in leaves(certificate):
        where = (certificate["claims"][path[1]]["id"], *kind(path)) if path[0] == "claims" else kind(path)
        if where in seen or not matters(path):
            continue
        seen.add(where)
        forged = copy.deepcopy(certificate)
        node = forged
        for key in path[:-1]:
            node = node[key]
        value = node[path[-1]]
        change = -1 if path == ("steps",) else 1  # one step more would be true as well
        node[path[-1]] = value + change if isinstance(value, int) else f"{value}x" if value is not None else {"x": 1}
        with contextlib.suppress(Rejected):
            check(rehashed(forged))
            pytest.fail(f"a change of {path} goes unnoticed")
        changed += 1
    assert changed > 60


def many(certificate, name):
    return claim(certificate, name)["witness"]["runs"] * 1000


FORGERIES = {
    "format": (lambda c: c.update(format="other/1"), "certificate.format"),
    "L": (lambda c: c.update(L=3), "certificate.L"),
    "fewer steps": (lambda c: c.update(steps=7), "certificate.steps"),
    "verdict": (lambda c: c.update(verdict="refuted"), "certificate.verdict"),
    "rank of x": (lambda c: c["ranks"]["x"].update(joined=2), "ranks.x.joined"),
    "rank of s": (lambda c: c["ranks"]["s"].update(hidden=7), "ranks.s.hidden"),
    "rank missing": (lambda c: c["ranks"]["s"].pop("hidden"), "ranks.s.hidden"),
    "dropped term": (lambda c: c["terms"].update(hidden=[["hidden2", 0]]), "terms.hidden"),
    "wrong slot": (lambda c: c["terms"].update(hidden2=[["joined", 0]]), "terms.hidden2"),
    "equation hash": (lambda c: c["equations"]["s:hidden"].update(hash="0" * 64), "equations.s:hidden"),
    "equation missing": (lambda c: c["equations"].pop("g:logits.bias"), "equations.g:logits.bias"),
    "parent": (lambda c: c["architecture"]["vertices"][1].update(inputs=["logits"]), "vertices.1..inputs"),
    "unknown layer": (lambda c: c["architecture"]["vertices"][1].update(layer="0"), "vertices.1..layer"),
    "duplicate vertex": (lambda c: c["architecture"]["vertices"][1].update(name="hidden"), "vertices.1..name"),
    "cost input": (lambda c: c["architecture"]["costs"]["cost"].update(input="image"), "architecture.costs.cost.input"),
    "layer content": (lambda c: next(iter(c["layers"].values())).update(label="x"), "layers"),
    "claim missing": (lambda c: c["claims"].remove(claim(c, "steps")), "claims"),
    "claim refuted": (lambda c: claim(c, "lemma").update(verdict="refuted"), "certificate.verdict"),
    "claim verdict": (lambda c: claim(c, "wiring").update(verdict="sure"), "claims.*verdict"),
    "claim under another name": (lambda c: claim(c, "steps").update(id="other"), "claims"),
    "claim twice": (lambda c: c["claims"].append(claim(c, "wiring")), "claims.*id"),
    "residue": (lambda c: claim(c, "identity")["witness"]["runs"][0].update(residue="0"), "residue"),
    "prime": (lambda c: claim(c, "identity")["witness"]["runs"][0].update(prime="7"), "prime"),
    "composite": (lambda c: claim(c, "identity")["witness"]["runs"][0].update(prime=str(2**61)), "prime"),
    "pairing residue": (lambda c: claim(c, "pairing")["witness"]["runs"][3].update(residue="0"), "runs.3..residue"),
    "pairing seed": (lambda c: claim(c, "pairing")["witness"]["runs"][3].update(seed=-1), "runs.3."),
    "pairing sizes": (lambda c: claim(c, "pairing")["witness"]["runs"][3]["sizes"].update(n=10**9), "runs.3."),
    "pairing of one layer": (lambda c: claim(c, "pairing")["witness"].update(runs=[]), "pairing.witness.runs"),
    "endless pairing": (lambda c: claim(c, "pairing")["witness"].update(runs=many(c, "pairing")), "more than 4"),
    "endless identity": (lambda c: claim(c, "identity")["witness"].update(runs=many(c, "identity")), "between 2 and 4"),
    "one run": (lambda c: claim(c, "identity")["witness"]["runs"].pop(), "runs"),
    "tightness value": (
        lambda c: claim(c, "tightness")["witness"].update(value_before="0"),
        "claims.tightness.witness",
    ),
    "tightness seed": (lambda c: claim(c, "tightness")["witness"].update(seed=-1), "claims.tightness.witness"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_rejected_by_field(forgery, certificate):
    change, field = FORGERIES[forgery]
    forged = copy.deepcopy(certificate)
    change(forged)
    with pytest.raises(Rejected, match=field):
        check(rehashed(forged))


def forged_equation(certificate, change):
    """Change a layer's content and make every digest and hash fit again, as a forger would."""
    from dyadic.proofs.checker.graph import digest

    forged = copy.deepcopy(certificate)
    old, data = next((k, v) for k, v in forged["layers"].items() if "tanh" in v["label"])
    change(data)
    forged["layers"] = {digest(v): v for v in forged["layers"].values()}
    for vertex in forged["architecture"]["vertices"]:
        vertex["layer"] = digest(data) if vertex["layer"] == old else vertex["layer"]
    for run in claim(forged, "pairing")["witness"]["runs"]:
        run["content"] = f"layers.{digest(data)}" if run["content"] == f"layers.{old}" else run["content"]
    return rehashed(forged)


def test_a_consistent_forgery_of_an_equation_is_refuted_by_evaluation(certificate):
    assert check(forged_equation(certificate, lambda data: data.update(label="same equations, another label")))

    def flip(data):
        data["adjoints"][0]["body"] = ["*", -1, data["adjoints"][0]["body"]]

    with pytest.raises(Rejected, match="the derived adjoints give .*, forward mode"):
        check(forged_equation(certificate, flip))


HOSTILE = [
    [], None, 3, "text", {}, {"hash": 1}, {"hash": "x"},
    ["sum", "i", ["size", "n"], ["__import__", "os"]],
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE, ids=str)
def test_things_that_are_no_certificate(content):
    with pytest.raises(Rejected):
        check(content)


BODIES = {
    "code": ["__import__('os').system('true')"],
    "unknown head": ["eval", "1"],
    "too deep": None,
    "huge power": ["^", ["entry", "x", "u", [["index", "j"]]], 10**9],
    "huge sum": ["sum", "q", 2**30, 1],
    "not a size": ["sum", "q", ["size", "missing"], 1],
    "cyclic names": ["entry", "x", "u", [["entry", "x", "u", []]]],
    "boolean": True,
}


@pytest.mark.parametrize("name", BODIES)
def test_hostile_equations_are_rejected(name, certificate):
    hostile = BODIES[name]
    if hostile is None:
        hostile = 1
        for _ in range(500):
            hostile = ["+", hostile, 1]

    def change(data):
        data["adjoints"][0]["body"] = hostile

    with pytest.raises(Rejected):
        check(forged_equation(certificate, change))


def test_files_that_are_no_json(tmp_path):
    path = tmp_path / "c.json"
    for text, message in (
        ("{", "is not JSON"), ("[" * 200_000, "nested too deeply|is not JSON"), ('{"a": NaN}', "non-finite number NaN"),
        ("1" * 10_000, "is not JSON"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(DyadicError, match=message):
            read_json(path)


def test_the_checker_imports_nothing_of_the_rest():
    script = (
        "import sys, dyadic.proofs.checker;"
        "print([m for m in sys.modules if m.startswith('dyadic') and not m.startswith('dyadic.proofs.checker')],"
        " [m for m in sys.modules if m.split('.')[0] in ('sympy', 'numpy', 'z3', 'click')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['dyadic', 'dyadic.proofs'] []"
