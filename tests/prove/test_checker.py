"""The checker: confirms what is right, and says by field what is not."""

import copy
import json
import subprocess
import sys

import pytest
from campaigns.forged import base
from support.refit import claim_of, refitted
from support.strategies import residual

from dyadic.proofs import NoCertificate, Rejected, check, verify
from dyadic.proofs.checker import Done
from dyadic.proofs.checker.intake.source import read
from dyadic.symbolic import derive, read_spec

DIGITS = "examples/digits.toml"


@pytest.fixture(scope="module")
def certificate():
    return json.loads(json.dumps(verify(derive(read_spec(DIGITS)))))


def test_the_checker_confirms(certificate):
    report = check(certificate)
    done = {finding.claim: finding.done for finding in report.findings}
    assert report.confirmed
    assert done["tightness"] is Done.COMPUTED  # Arb encloses its numbers again
    assert done["nonreciprocity"] is Done.COMPUTED
    assert done["printed:text"] is Done.STATED
    assert {claim["id"] for claim in certificate["claims"]} == set(done)


@pytest.mark.long
def test_a_deep_network_is_confirmed():
    assert check(json.loads(json.dumps(verify(derive(residual(150)))))).confirmed


def test_symbolic_sizes_are_confirmed():
    from dyadic.symbolic import architecture

    layers = [
        {"name": "a", "type": "dense", "units": "n", "activation": "gelu"},
        {"name": "b", "type": "dense", "units": "k"},
    ]
    network = architecture(
        {"inputs": {"x": {"shape": ["t", "m"]}}, "layers": layers, "cost": {"type": "squared_error"}}
    )
    assert check(json.loads(json.dumps(verify(derive(network))))).confirmed


def test_a_change_breaks_the_hash(certificate):
    for change in ({"L": 5}, {"verdict": "undecided"}, {"not_run": ["residues"]}):
        with pytest.raises(Rejected, match="^hash: is not"):
            check({**certificate, **change})


FORGERIES = {
    "format": (lambda c: c.update(format="other/1"), "format"),
    "L": (lambda c: c.update(L=3), "certificate.L"),
    "fewer steps": (lambda c: c.update(steps=7), "claims.*numbers.steps"),
    "verdict": (lambda c: c.update(verdict="refuted"), "verdict"),
    "rank missing": (lambda c: c["ranks"]["s"].pop("hidden"), "ranks.s.hidden"),
    "wrong slot": (lambda c: c["terms"].update(hidden2=[["joined", 0]]), "terms.hidden2"),
    "equation missing": (lambda c: c["equations"].pop("g:logits.bias"), "equations.g:logits.bias"),
    "unknown layer": (lambda c: c["architecture"]["vertices"][1].update(layer="0" * 64), "vertices.1..layer"),
    "cost input": (lambda c: c["architecture"]["costs"]["cost"].update(input="image"), "architecture.costs.cost.input"),
    "claim verdict": (lambda c: claim_of(c, "wiring").update(verdict="sure"), "claims.*verdict"),
    "tightness value": (lambda c: claim_of(c, "tightness")["witness"].update(value_before="0"), "claims.*witness"),
    "tightness seed": (lambda c: claim_of(c, "tightness")["witness"].update(seed=-1), "claims.*witness.seed"),
    "tightness precision": (lambda c: claim_of(c, "tightness")["witness"].update(precision=100), "witness.precision"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_rejected_by_field(forgery, certificate):
    change, field = FORGERIES[forgery]
    forged = copy.deepcopy(certificate)
    change(forged)
    with pytest.raises(Rejected, match=field):
        check(refitted(forged))


HOSTILE = {
    "code": ["__import__('os').system('true')"],
    "unknown head": ["eval", "1"],
    "huge power": ["^", ["entry", "x", "u1", [["index", "i"]]], 10**9],
    "huge sum": ["sum", "q", 2**30, 1],
    "not a size": ["sum", "q", ["size", "missing"], 1],
    "cyclic names": ["entry", "x", "u1", [["entry", "x", "u1", []]]],
    "boolean": True,
    "text": "s",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_equations_are_rejected(name):
    forged = copy.deepcopy(base("plain")[1])
    added = next(content for content in forged["layers"].values() if content["label"].startswith("add"))
    added["adjoints"][0]["body"] = HOSTILE[name]
    with pytest.raises(Rejected):
        check(refitted(forged))


def test_files_that_are_no_json(tmp_path):
    path = tmp_path / "c.json"
    for text, message in (
        ("{", "is not JSON"), ("[" * 200_000, "is not JSON"), ('{"a": NaN}', "non-finite number NaN"),
        ("1" * 10_000, "is not JSON"), ('{"a": 1, "a": 1}', "one key twice"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(NoCertificate, match=message):
            read(str(path))


def test_the_checker_imports_nothing_of_the_rest():
    script = (
        "import sys, dyadic.proofs.checker;"
        "print(sorted(m for m in sys.modules if m.startswith('dyadic') and not m.startswith('dyadic.proofs.checker')),"
        " [m for m in sys.modules if m.split('.')[0] in ('sympy', 'numpy', 'networkx', 'z3', 'click', 'flint')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['dyadic', 'dyadic.proofs', 'dyadic.version'] []"
