"""What is trusted is what was called, and the documentation says of every claim what is done about it."""

import copy
import re
from pathlib import Path

import pytest
from campaigns.forged import base
from support import mutations
from support.refit import claim_of, refitted

from dyadic.proofs import Rejected, verify
from dyadic.proofs.checker import check, trust, wording
from dyadic.proofs.checker.findings import CHECKS
from dyadic.proofs.checker.trust import BLAKE, EVALUATOR, Called, called, recording
from dyadic.proofs.evaluate.network import RingDefinition
from dyadic.proofs.methods.registry import METHODS
from dyadic.proofs.methods.shared import layer_kinds

# -- what is trusted is what was called ------------------------------------------------------------------------------


def test_trusted_lists_are_what_was_called(monkeypatch):
    """The evaluator is named by the claims during which it ran, and by no other."""
    counted = []
    plain = RingDefinition.evaluate
    monkeypatch.setattr(RingDefinition, "evaluate", lambda self, tensors: counted.append(1) or plain(self, tensors))
    subject = mutations.right()
    for name in ("pairing", "identity", "wiring", "ranks", "induction", "nonreciprocity", "tightness", "rational"):
        counted.clear()
        with recording() as heard:
            list(METHODS[name].run(subject))
        assert (EVALUATOR in heard) == bool(counted), name
        assert heard.get(EVALUATOR, 0) == len(counted)


def test_a_claim_lists_what_its_method_called():
    subject = mutations.right()
    certificate = verify(subject.derivation, deep=True)
    for claim in certificate["claims"]:
        rule = wording.RULES[claim["kind"]]
        if claim["kind"] != "steps":
            needs = set(rule.needs(claim["subject"], claim["numbers"]))
            assert needs <= set(claim["trusted"]) <= needs | set(rule.further), claim["id"]
    assert claim_of(certificate, "pairing")["trusted"] == sorted([BLAKE, EVALUATOR])


def test_nothing_that_a_claim_rests_on_can_be_left_out():
    """Of every proved claim of every method, by its own data: each component in turn, and all of them."""
    certificate = verify(mutations.right().derivation, deep=True)
    tried = set()
    for position, claim in enumerate(certificate["claims"]):
        if claim["kind"] == "steps" or not claim["trusted"]:
            continue
        needs = wording.RULES[claim["kind"]].needs(claim["subject"], claim["numbers"])
        assert needs, claim["id"]
        for left in [[c for c in claim["trusted"] if c != one] for one in needs] + [[]]:
            forged = copy.deepcopy(certificate)
            forged["claims"][position]["trusted"] = left
            with pytest.raises(Rejected, match=rf"claims\[{position}\]\.trusted: leaves out"):
                check(refitted(forged))
        tried.add(claim["kind"])
    assert tried >= {"variational", "nonreciprocity", "stepsize", "adjoint", "tightness", "rational"}


def test_what_a_claim_rests_on_depends_on_its_data():
    def needs(kind, subject, **numbers):
        return set(wording.RULES[kind].needs(subject, numbers))

    place = {"content": "layers.0"}
    assert EVALUATOR not in needs("adjoint", place, all_sizes=1)
    assert EVALUATOR in needs("adjoint", place, all_sizes=0)
    assert needs("variational", {"construction": "C"}) != needs("variational", {"construction": "A"})
    assert needs("nonreciprocity", {}, reads=1) > needs("nonreciprocity", {}, reads=0) == set()
    assert needs("stepsize", {"part": "network"}, linear=1) > needs("stepsize", {"part": "network"}, linear=0)


def test_recordings_are_apart():
    with recording() as outer:
        called("one")
        with recording() as inner:
            called("two")
        assert dict(inner) == {"two": 1}
    assert dict(outer) == {"one": 1, "two": 1}
    called("nobody listens")


def test_claims_that_are_kept_keep_their_lists():
    first, second = layer_kinds.function_claim("tanh"), layer_kinds.function_claim("tanh")
    assert isinstance(second.trusted, Called)
    assert first.trusted == second.trusted != ()


# -- the documentation -----------------------------------------------------------------------------------------------


def test_the_documentation_says_what_is_done_for_each_kind():
    row = r"^\| `([\w:]+)` \| (\w[\w ]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$"
    rows = re.findall(row, Path("docs/proofs.md").read_text(), re.M)
    assert {name: tuple(rest) for name, *rest in rows if name in CHECKS} == {
        name: (done.value, what, code, trusted) for name, (done, what, code, trusted) in CHECKS.items()
    }
    assert set(CHECKS) == set(wording.RULES)
    for _, _, code, _ in CHECKS.values():
        files = code.split(", ") if code.endswith(".py") else []
        assert all((Path("proofs/checker") / name).exists() for name in files)


COMPONENTS = {name: text for name, text in vars(trust).items() if name.isupper() and isinstance(text, str)}


def test_the_documentation_names_every_trusted_component():
    page = Path("docs/proofs.md").read_text()
    listed = page[page.index("* in this project:") : page.index("`dyadic check`, or the checker alone")]
    assert sorted(re.findall(r"^  (.*)[;.]$", listed, re.M)) == sorted(COMPONENTS.values())


def test_a_trusted_component_registers_where_its_name_says():
    """A name with a path is the folder or file of the code that registers it; all of that folder is meant."""
    named = {name: re.search(r"proofs/[\w/.]+", text) for name, text in COMPONENTS.items()}
    paths = {name: Path(found[0]) for name, found in named.items() if found}
    assert len(paths) >= 9
    for name, path in paths.items():
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        assert any(f"called({name})" in file.read_text() for file in files), name


def test_the_documentation_lists_the_files_of_the_core():
    """Those that the replay imports, directly or not, no more and no fewer."""
    core, wanted, waiting = Path("proofs/checker/core"), set(), ["replay"]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += re.findall(
                r"^from dyadic\.proofs\.checker\.core\.(\w+) ", (core / f"{name}.py").read_text(), re.M
            )
    page = Path("docs/proofs.md").read_text()
    listed = page[page.index("*Trusted*: these files of `proofs/checker/core`") :].partition(" - and,")[0]
    assert set(re.findall(r"`(\w+)\.py`", listed)) == wanted


@pytest.mark.parametrize("name", ["plain", "mixed"])
def test_what_is_documented_is_what_is_done(name):
    certificate = copy.deepcopy(base(name)[1])
    kinds = {claim["id"]: claim["kind"] for claim in certificate["claims"]}
    for finding in check(certificate).findings:
        assert finding.done is CHECKS[kinds[finding.claim]][0], finding
