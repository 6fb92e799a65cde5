"""Certificates: a claim is data, the file a function of the architecture, and the checker stands on its own."""

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from campaigns.forged import FORGERIES, base
from campaigns.forgeries import outcome as forged_outcome
from campaigns.true_certificates import random_networks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import mutations
from support.long_tests import one_in
from support.refit import refitted

from dyadic.proofs import Rejected, verify
from dyadic.proofs.checker import Done, assumptions, check, wording
from dyadic.proofs.checker.confirmation import examined
from dyadic.proofs.methods.registry import METHODS
from dyadic.proofs.sentences import conventions
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.functions import FUNCTIONS

# -- forgeries and true certificates ---------------------------------------------------------------------------------

SAMPLE = sorted(FORGERIES)[::5]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_forgery_is_not_confirmed(name):
    found, place = forged_outcome(name)
    assert found in ("REJECTED", "PARTLY")
    assert place


def test_there_are_enough_forgeries():
    assert len(FORGERIES) >= 80


def test_forgeries_start_from_what_is_confirmed():
    for name in ("plain", "mixed"):
        assert check(copy.deepcopy(base(name)[1])).confirmed


@pytest.mark.parametrize("number", one_in(6, range(15)))
def test_random_networks_are_confirmed(number):
    network = random_networks(15)[number]
    report = check(json.loads(json.dumps(verify(derive(network)))))
    assert report.confirmed, report.open


def test_two_squared_errors_of_different_ranks():
    """Their kinds differ and their labels do not: each has a claim of its own."""
    spec = {
        "inputs": {"x": {"shape": [2, 3]}},
        "layers": [{"name": "a", "type": "tanh"}, {"name": "b", "type": "flatten"}],
        "costs": [{"type": "squared_error", "inputs": ["a"]}, {"type": "squared_error", "inputs": ["b"]}],
    }
    certificate = verify(derive(architecture(spec)))
    names = [c["id"] for c in certificate["claims"] if c["kind"] == "adjoint" and "squared" in c["id"]]
    assert names == ["adjoint:squared_error", "adjoint:squared_error #2"]
    assert check(json.loads(json.dumps(certificate))).confirmed


# -- composition -----------------------------------------------------------------------------------------------------


def test_what_steps_rests_on_decides():
    certificate = copy.deepcopy(base("plain")[1])
    outcomes = {finding.claim: finding.done for finding in check(certificate).findings}
    assert outcomes["lemma"] is Done.REPLAYED
    assert outcomes["instances"] is Done.COMPUTED
    assert outcomes["adjoint:add(inputs=2)"] is Done.REPLAYED
    assert outcomes["variational:B"] is Done.REPLAYED
    assert outcomes["identity"] is Done.EVALUATED
    place = next(iter(certificate["proofs"]))
    del certificate["proofs"][place]
    report = check(refitted(certificate))
    assert (report.confirmed, report.verdict) == (False, "PARTLY")
    assert all("no proof for all sizes" in reason for reason in report.open)


def test_a_certificate_of_too_few_methods_is_not_confirmed():
    certificate = verify(mutations.digits(), methods=["ranks", "adjoint", "wiring"])
    report = check(json.loads(json.dumps(certificate)))
    assert "steps is undecided: there is nothing to confirm" in report.open


def test_a_refuted_certificate_is_not_confirmed():
    certificate = verify(mutations.flipped_sign().derivation)
    report = check(json.loads(json.dumps(certificate)))
    assert report.verdict == "PARTLY"
    assert "refuted" in report.open[0]


# -- texts are made of data, on both sides ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_say_the_same_of_a_function(name):
    assert assumptions.conventions(name) == list(conventions(name))


@pytest.mark.long
def test_every_method_makes_claims_of_known_kinds_with_the_checker_s_texts():
    certificate = verify(mutations.digits(), deep=True)
    kinds = {claim["kind"] for claim in certificate["claims"]}
    assert kinds >= {"residues", "polynomial", "rational", "schedules", "induction", "stepsize"}
    assert kinds <= set(wording.RULES)
    assert check(json.loads(json.dumps(certificate))).confirmed


def test_the_checker_knows_every_method():
    assert set(wording.METHODS) == set(METHODS)
    assert set(wording.BEARING) == {name for name, method in METHODS.items() if method.bears}


@pytest.mark.parametrize("key", ["statement", "method"])
def test_no_text_of_any_claim_can_be_changed(key):
    certificate = base("plain")[1]
    for position, claim in enumerate(certificate["claims"]):
        forged = copy.deepcopy(certificate)
        forged["claims"][position][key] = claim[key] + ", and more"
        with pytest.raises(Rejected, match=rf"claims\[{position}\]\.{key}"):
            check(refitted(forged, texts=False))


# -- the file is a function of the architecture ----------------------------------------------------------------------

WRITE = """
import json, sys
from dyadic.proofs import verify
from dyadic.symbolic import derive, read_spec
for path in sys.argv[2:]:
    print(json.dumps(verify(derive(read_spec(path)), deep=sys.argv[1] == "deep"), indent=1))
"""


def written(seed, *arguments):
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", WRITE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.mark.parametrize("depth", ["usual", pytest.param("deep", marks=pytest.mark.long)])
def test_the_file_does_not_depend_on_the_run(depth):
    paths = ["examples/digits.toml", "examples/lstm.toml", *(["examples/lenet.toml"] if depth == "usual" else [])]
    one, two = (written(seed, depth, *paths) for seed in (1, 4242))
    assert one == two
    assert "seconds" not in one


def test_a_second_run_in_one_process_writes_the_same():
    derivation = derive(read_spec("examples/digits.toml"))
    assert json.dumps(verify(derivation)) == json.dumps(verify(derivation))


# -- the checker alone -----------------------------------------------------------------------------------------------

HOOK = """
import sys
class Hook:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        ours = name in ("dyadic", "dyadic.version", "dyadic.proofs") or name.startswith("dyadic.proofs.checker")
        if not (ours or top in sys.stdlib_module_names):
            raise ImportError(f"the checker imports {name}")
sys.meta_path.insert(0, Hook())
sys.argv = ["checker", sys.argv[1]]
import runpy
runpy.run_module("dyadic.proofs.checker", run_name="__main__")
"""


def alone(path):
    command = [sys.executable, "-c", HOOK, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_checker_runs_alone(tmp_path):
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(base("plain")[1]))
    done = alone(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("CONFIRMED: steps and all that it rests on")


def test_its_exit_status(tmp_path):
    path = tmp_path / "certificate.json"
    partly = copy.deepcopy(base("plain")[1])
    partly["proofs"] = {}
    wrong = copy.deepcopy(base("plain")[1]) | {"L": 3}
    for text, status in ((json.dumps(refitted(partly)), 3), (json.dumps(refitted(wrong)), 1)):
        path.write_text(text)
        done = alone(path)
        assert (done.returncode, done.stderr) == (status, "")
    for text in ("[" * 100_000, "{", '{"a": 1, "a": 2}', '{"a": NaN}', "1" * 10_000, "{}"):
        path.write_text(text)
        done = alone(path)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert alone(tmp_path / "missing").returncode == 2


# -- any JSON at all -------------------------------------------------------------------------------------------------

VALUES = [None, True, -1, 0, 10**30, 1.5, float("nan"), "", "x", "\x00", [], {}, [[]], {"a": {}}, [1, "x"]]


def places(node, path=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


PLACES = sorted(places(base("plain")[1]), key=repr)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_but_rejected_leaves_the_checker(data):
    """A field removed or replaced by anything, and every digest and hash refitted; below the net that check spreads."""
    forged = copy.deepcopy(base("plain")[1])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES))
        node = forged
        try:
            for key in path[:-1]:
                node = node[key]
            if data.draw(st.booleans()):
                del node[path[-1]]
            else:
                node[path[-1]] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))
        except (LookupError, TypeError):
            continue
    try:
        refitted(forged, texts=data.draw(st.booleans()))
    except Rejected:  # its sentences cannot be told again
        refitted(forged, texts=False)
    try:
        report = examined(forged)
    except Rejected:
        return
    if report.confirmed:
        left, whole = _free(forged, report), _free(base("plain")[1], report)
        stated = whole.pop("claims")
        assert all(claim in stated for claim in left.pop("claims"))  # one that nothing rests on may be left out
        assert left == whole


@pytest.mark.parametrize("texts", [False, True])
def test_a_claim_without_one_of_its_entries_is_rejected(texts):
    ends = [path for path in PLACES if path[0] == "claims" and path[2:3] in (("subject",), ("numbers",))]
    assert len(ends) > 60
    for path in ends:
        forged = copy.deepcopy(base("plain")[1])
        node = forged
        for key in path[:-1]:
            node = node[key]
        if node[path[-1]] in ({}, []):
            node[path[-1]] = None
        else:
            del node[path[-1]]
        with pytest.raises(Rejected):
            _seen(forged, texts)


def _seen(forged, texts):
    refitted(forged, texts=texts)
    return examined(forged)


def _free(certificate, report):
    """A certificate without what may be anything: the network's name, versions, seeds, witnesses of what is stated."""
    found = copy.deepcopy(certificate)
    stated = {finding.claim for finding in report.findings if finding.done is Done.STATED}
    for claim in found["claims"]:
        if claim["id"] in stated or claim["kind"] == "nonreciprocity":  # of which the checker has an entry of its own
            claim["witness"] = None
        if claim["kind"] in ("pairing", "identity"):
            claim["witness"] = claim["numbers"] = None
            claim["statement"] = ""
        if claim["kind"] == "steps":
            claim["method"] = claim["trusted"] = None  # these name the cross-checks, of which one may be left out
    for key in ("versions", "hash", "not_run"):
        found.pop(key)
    found["architecture"]["name"] = ""
    for layer in found["layers"].values():
        layer["label"] = ""
    return found


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_that_are_no_certificate(value):
    with pytest.raises(Rejected):
        examined(value)


def test_findings_name_what_was_done():
    report = check(copy.deepcopy(base("plain")[1]))
    assert report.lines()[-1].startswith("CONFIRMED")
    changed = replace(report, open=("something",))
    assert changed.lines()[-1].startswith("PARTLY: 1 open")
