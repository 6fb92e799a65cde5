"""What checking may cost: work is counted, ends where more is spent than is allowed, and grows as a file grows."""

import copy
import secrets
import sys

import pytest
from campaigns.costly import COSTLY
from campaigns.forged import base
from support.long_tests import often
from support.refit import claim_of, refitted

from dyadic.proofs.checker import Done, check, confirmation, layer_checks, network_checks
from dyadic.proofs.checker.__main__ import main
from dyadic.proofs.checker.intake import source
from dyadic.proofs.checker.intake.effort import limited, spend
from dyadic.proofs.checker.intake.form import FORMAT
from dyadic.proofs.checker.intake.reading import Costly, Rejected


def certificate(name="plain"):
    return copy.deepcopy(base(name)[1])


def test_nothing_is_counted_without_a_limit():
    spend(10**30, "here")


def test_what_is_spent_within_a_limit_counts_in_the_one_around_it():
    with limited(100):
        with limited(60):
            spend(60, "here")
            with pytest.raises(Costly, match="^there: checking it takes more work"):
                spend(1, "there")
        spend(40, "here")
        with pytest.raises(Costly), limited(50):
            spend(1, "there")
    with limited(10), limited(1000), pytest.raises(Costly):
        spend(11, "there")


def test_an_inner_limit_that_is_passed_leaves_what_the_outer_one_has():
    with limited(100):
        with pytest.raises(Costly), limited(30):
            spend(1000, "there")
        spend(70, "here")
        with pytest.raises(Costly):
            spend(1, "there")


def test_a_certificate_that_takes_more_work_is_rejected_and_effort_allows_it(monkeypatch):
    assert check(certificate()).confirmed
    monkeypatch.setattr(confirmation, "WORK", 20_000)
    with pytest.raises(Rejected, match="takes more work than is spent"):
        check(certificate())
    assert check(certificate(), 400).confirmed


@pytest.mark.parametrize(
    ("module", "claims", "done"),
    [(layer_checks, ("pairing",), Done.STATED), (network_checks, ("identity", "nonreciprocity"), Done.STATED)],
)
def test_an_evaluation_that_takes_more_work_is_not_made_and_its_claim_only_stated(module, claims, done, monkeypatch):
    before = {found.claim: found.done for found in check(certificate()).findings}
    monkeypatch.setattr(module, "EVALUATING", 10)
    report = check(certificate())
    found = {found.claim: found.done for found in report.findings}
    for claim in claims:
        assert before[claim] != done
        assert found[claim] == done
    assert report.confirmed, "steps does not rest on evaluations where its proofs are replayed"
    again = {found.claim: found.done for found in check(certificate(), 1000 * 1000).findings}
    assert again == before


@pytest.mark.parametrize(("unit", "what"), [("[],", "lists"), ("0,", "values"), ('"",', "texts")])
def test_a_file_that_holds_too_much_is_not_parsed(unit, what, monkeypatch, tmp_path):
    monkeypatch.setattr(source, "MOST", {"lists": 100, "values": 200, "texts": 150})
    path = tmp_path / "certificate.json"
    path.write_text(f'{{"format": "{FORMAT}", "more": [{unit * 300}0]}}')
    with pytest.raises(Rejected, match=f"more {what} than are read" if what != "texts" else "more (values|texts) than"):
        source.read(str(path))
    assert len(source.read(str(path), 4)["more"]) == 301


@pytest.mark.parametrize("arguments", [["f", "0"], ["f", "-1"], ["f", "x"], ["f", "10001"], ["f", "1", "1"], []])
def test_an_effort_is_a_number_from_one(arguments, capsys):
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def calls(made):
    """How many calls checking takes, and how it ends."""
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        outcome = "confirmed" if check(made).confirmed else "in part"
    except Rejected as error:
        outcome = error.field.partition(".")[0].partition("[")[0]
    finally:
        sys.setprofile(None)
    return count, outcome


def unknown_claims(count):
    made = certificate()
    made["claims"][:0] = [{**made["claims"][0], "id": f"c{k}", "kind": "another"} for k in range(count)]
    return refitted(made)


def test_work_grows_as_the_file_does(monkeypatch):
    monkeypatch.setattr(secrets, "randbits", lambda bits: 20_260_202)
    alone, _ = calls(certificate())
    once, first = calls(unknown_claims(500))
    twice, second = calls(unknown_claims(1000))
    assert first == second == "in part"
    assert 0 < twice - alone < 3 * (once - alone), "the work grows faster than what is read"


def test_sizes_that_no_evaluation_could_have_are_not_evaluated():
    """The runs of the pairing's witness, at 30,000 in every direction: 18 kB that would take more than any file may."""
    made = certificate()
    for run in claim_of(made, "pairing")["witness"]["runs"]:
        run["sizes"] = dict.fromkeys(run["sizes"], 30_000)
    (found,) = (found for found in check(refitted(made)).findings if found.claim == "pairing")
    assert found.done == Done.STATED
    assert "too large to evaluate here" in found.detail
    assert calls(made)[0] < 2 * calls(certificate())[0]


SAMPLE = [
    "functions: products of sums", "functions: roots in roots", "witness: a polynomial multiplied out",
    "equation: sums in sums over a million", "sizes: polynomials", "witness: integers and sizes of an evaluation",
]  # fmt: skip
LONG = ("equation: sums in sums over a million", "functions: roots in roots")


@pytest.mark.parametrize("name", often(SAMPLE, lambda name: name not in LONG))
def test_a_costly_certificate_is_not_confirmed(name):
    made = COSTLY[name]()
    assert calls(made)[1] != "confirmed"
