"""A certificate is worth what it says of one network: the report names that, and it can be held against a SPEC."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import pytest
from campaigns.forged import base, layer
from support.command import run
from support.refit import refitted

import dyadic
from dyadic.proofs.checker import Done, Rejected, check

SPEC = {
    "name": "first",
    "inputs": {"x": {"shape": [4]}},
    "layers": [{"name": "a", "type": "dense", "units": 3, "activation": "tanh"}, {"name": "b", "type": "softmax"}],
    "cost": {"type": "squared_error"},
}
TOML = """
[inputs.x]
shape = [4]
[[layers]]
name = "a"
type = "dense"
units = 3
activation = "tanh"
[[layers]]
name = "b"
type = "softmax"
[cost]
type = "squared_error"
"""


def certificate_of(**changes):
    return dyadic.verify(dyadic.derive(dyadic.architecture(SPEC | changes)))


def changed(k, **options):
    layers = copy.deepcopy(SPEC["layers"])
    layers[k] |= options
    return {"layers": layers}


OTHERS = {
    "another activation": changed(0, activation="gelu"),
    "another size": changed(0, units=2),
    "no bias": changed(0, bias=False),
    "another layer": changed(1, type="log_softmax"),
    "another vertex name": changed(1, name="c"),
    "another input": {"inputs": {"x": {"shape": [5]}}},
    "another cost": {"cost": {"type": "cross_entropy"}},
    "another weight": {"cost": {"type": "squared_error", "weight": 2}},
    "weight decay": {"weight_decay": 0.5},
}


def test_the_report_names_the_network_and_its_digest():
    certificate = certificate_of()
    report = dyadic.check(certificate)
    assert (report.name, report.architecture) == ("first", certificate.architecture)
    assert re.fullmatch("[0-9a-f]{64}", report.architecture)
    *_, about, outcome = report.lines()
    assert about == f"of the architecture 'first', SHA-256 {certificate.architecture}"
    assert outcome.startswith("CONFIRMED")


def test_a_name_is_quoted_and_is_no_part_of_the_digest():
    other = certificate_of(name="digits, proved for all sizes")
    assert other.architecture == certificate_of().architecture
    assert "of the architecture 'digits, proved for all sizes', SHA-256" in dyadic.check(other).about


@pytest.mark.parametrize("what", OTHERS)
def test_another_network_has_another_digest_and_is_rejected(what):
    other = certificate_of(**OTHERS[what])
    assert other.architecture != certificate_of().architecture
    with pytest.raises(dyadic.RejectedCertificate, match=r"^architecture\.\w+: differs from that of 'first'"):
        dyadic.check(other, dyadic.derive(dyadic.architecture(SPEC)))
    assert dyadic.check(other, dyadic.derive(dyadic.architecture(SPEC | OTHERS[what]))).confirmed


def test_constants_that_a_witness_states_are_those_of_the_specification():
    """A mask is no part of the theorem, but what numbers show holds with their constants alone."""

    def masked(*values):
        layers = [
            {"name": "a", "type": "tanh", "inputs": ["x"]},
            {"name": "b", "type": "mul", "inputs": ["a", "mask"]},
            {"name": "c", "type": "tanh"},
        ]
        constants = {"mask": {"shape": [2], "values": list(values)}}
        return dyadic.derive(
            dyadic.architecture(SPEC | {"inputs": {"x": {"shape": [2]}}, "constants": constants, "layers": layers})
        )

    certificate = dyadic.verify(masked(2, 1))
    (place,) = (k for k, claim in enumerate(certificate["claims"]) if claim["kind"] == "tightness")
    assert certificate["claims"][place]["witness"]["constants"] == {"mask": ["2", "1"]}
    assert dyadic.check(certificate, masked(2, 1)).confirmed
    with pytest.raises(
        dyadic.RejectedCertificate, match=rf"^claims\[{place}\].witness.constants: of 'mask' are not those"
    ):
        dyadic.check(certificate, masked(2, 0))
    neither = dyadic.verify(masked(0, 0))
    assert all(not claim.get("witness") or not claim["witness"].get("constants") for claim in neither["claims"])
    assert dyadic.check(neither, masked(2, 1)).confirmed


def test_the_command_line_holds_a_certificate_against_a_specification(tmp_path):
    one, two, path = tmp_path / "one.toml", tmp_path / "two.toml", tmp_path / "certificate.json"
    one.write_text(TOML)
    two.write_text(TOML.replace("units = 3", "units = 5"))
    verified = run("verify", one, "--certificate", path)
    digest = re.search("architecture ([0-9a-f]{16})", " ".join(verified.stdout.split()))[1]
    alone = run("check", path)
    assert f"of the architecture 'one', SHA-256 {digest}" in " ".join(alone.stdout.split())
    assert (alone.returncode, run("check", path, "--spec", one).returncode) == (0, 0)
    rejected = run("check", path, "--spec", two)
    assert (rejected.returncode, rejected.stdout) == (
        1,
        "REJECTED   architecture.vertices: differs from that of 'two'\n",
    )
    assert run("check", path, "--cost", "hinge").returncode == 2
    checker = subprocess.run(
        [sys.executable, "-m", "dyadic.proofs.checker", str(path)], capture_output=True, text=True, check=True
    )
    assert f"SHA-256 {digest}" in checker.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_the_checker_alone_ends_as_a_program_does(tmp_path):
    path = tmp_path / "certificate.json"
    certificate_of().write(path)
    command = [sys.executable, "-m", "dyadic.proofs.checker"]
    with open("/dev/full", "w") as full:
        done = subprocess.run([*command, str(path)], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "standard output: No space left on device\n")
    asked = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert asked.stdout.startswith("usage:")
    piped = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" -m dyadic.proofs.checker "$1" | true', sys.executable, str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert piped.stderr == ""


# -- what is said of claims that are not known, and of layers ----------------------------------------------------------


def test_a_claim_of_no_known_kind_is_printed_once():
    forged = copy.deepcopy(base("plain")[1])
    steps = next(claim for claim in forged["claims"] if claim["id"] == "steps")
    for k in range(3):
        claim = copy.deepcopy(steps) | {"id": f"oracle {k}", "kind": "oracle", "subject": {}, "numbers": {}}
        forged["claims"].insert(0, claim)
    report = check(refitted(forged))
    assert report.verdict == "PARTLY"
    assert [f.done for f in report.findings].count(Done.UNKNOWN) == 3
    assert sum("oracle" in line for line in report.lines()) == 3
    assert report.open == ("3 claims are of no kind that is known here",)


@pytest.mark.parametrize("part", ["definitions", "adjoints"])
def test_a_rejection_calls_a_layer_by_its_label(part):
    forged = copy.deepcopy(base("plain")[1])
    layer(forged, "dense(activation=gelu")[part][0]["body"] = ["entry", "W", "v", [["index", "q"], ["index", "q"]]]
    with pytest.raises(Rejected) as caught:
        check(refitted(forged))
    assert "(in 'dense(activation=gelu, bias=True)')" in caught.value.reason
    assert not re.search("[0-9a-f]{20}", str(caught.value))


def test_a_label_that_is_none_is_not_looked_for():
    forged = copy.deepcopy(base("plain")[1])
    layer(forged, "add")["label"] = ["not", "a", "label"]
    with pytest.raises(Rejected, match=r"label: has the wrong type \(list\), not text$"):
        check(refitted(forged))


BRANCHED = {
    "name": "branched",
    "inputs": {"x": {"shape": [4]}, "z": {"shape": [3]}},
    "constants": {"m": {"shape": [3], "values": [1, 2, 3]}},
    "layers": [
        {"name": "a", "type": "dense", "units": 3, "inputs": ["x"]},
        {"name": "b", "type": "tanh", "inputs": ["z"]},
        {"name": "c", "type": "mul", "inputs": ["b", "m"]},
        {"name": "d", "type": "sub", "inputs": ["a", "c"]},
        {"name": "e", "type": "scale", "factor": 2, "inputs": ["b"]},
        {"name": "f", "type": "add", "inputs": ["d", "e"]},
    ],
    "cost": {"type": "squared_error", "inputs": ["f"]},
    "weight_decay": 0.5,
}


def branched(*order, **changes):
    """The network with its layers in an order, and layers or other entries changed."""
    layers = {one["name"]: one | changes.pop(one["name"], {}) for one in BRANCHED["layers"]}
    listed = [layers[name] for name in order or layers]
    return dyadic.derive(dyadic.architecture(BRANCHED | {"layers": listed} | changes))


@pytest.fixture(scope="module")
def branched_certificate():
    return dyadic.verify(branched())


@pytest.mark.parametrize("order", ["beacdf", "bcaedf", "adcbef", "fedcba", "becadf"])
def test_the_order_of_the_layers_in_a_file_makes_no_other_network(branched_certificate, order):
    assert dyadic.check(branched_certificate, branched(*order)).confirmed
    assert dyadic.check(dyadic.verify(branched(*order)), branched()).confirmed


CHANGED = {
    "a parent": {"e": {"inputs": ["c"]}},
    "parents swapped": {"d": {"inputs": ["c", "a"]}},
    "parents swapped where the value is the same": {"f": {"inputs": ["e", "d"]}},
    "a parent of the same shape": {"e": {"inputs": ["a"]}},
    "a kind": {"b": {"type": "sigmoid"}},
    "an option": {"e": {"factor": 3}},
    "a bias": {"a": {"bias": False}},
    "an input's size": {"inputs": {"x": {"shape": [5]}, "z": {"shape": [3]}}},
    "a constant that is an input": {
        "inputs": {"x": {"shape": [4]}, "z": {"shape": [3]}, "m": {"shape": [3]}}, "constants": {}
    },
    "a cost": {"cost": {"type": "cross_entropy", "inputs": ["f"]}},
    "a cost's weight": {"cost": {"type": "squared_error", "inputs": ["f"], "weight": 3}},
    "decay": {"weight_decay": 0.25},
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.parametrize("order", ["abcdef", "beacdf"])
def test_whatever_else_differs_makes_another(branched_certificate, what, order):
    other = branched(*order, **CHANGED[what])
    with pytest.raises(dyadic.RejectedCertificate, match=r"^architecture\.\w+: differs from that of 'branched'"):
        dyadic.check(branched_certificate, other)


def test_so_does_a_name(branched_certificate):
    renamed = [
        {**one, "name": one["name"].replace("e", "g"), "inputs": [n.replace("e", "g") for n in one["inputs"]]}
        for one in BRANCHED["layers"]
    ]
    with pytest.raises(dyadic.RejectedCertificate, match="differs from that of"):
        dyadic.check(branched_certificate, dyadic.derive(dyadic.architecture(BRANCHED | {"layers": renamed})))


def test_other_values_of_a_constant_are_seen_where_a_witness_has_them(branched_certificate):
    other = {"m": {"shape": [3], "values": [1, 2, 4]}}
    with pytest.raises(dyadic.RejectedCertificate, match="are not those of the specification"):
        dyadic.check(branched_certificate, branched(constants=other))
