"""Sizes and integers of a certificate are those of some network: of what no network has, anything would be true."""

import copy

import pytest
from campaigns import forged_sizes
from campaigns.forged import base
from campaigns.forgeries import outcome
from support.refit import refitted

from dyadic.proofs.checker import Rejected, check, confirmation


@pytest.mark.parametrize("name", forged_sizes.NAMES)
def test_what_no_network_has_is_rejected(name):
    assert outcome(name)[0] == "REJECTED"


@pytest.mark.parametrize("below", [0, -1, ["*", 5, 0]])
def test_integers_that_are_below_nothing(below):
    forged = copy.deepcopy(base("mixed")[1])
    forged["architecture"]["inputs"]["word"]["below"] = below
    with pytest.raises(Rejected, match=r"^architecture.inputs.word.below: is a size of"):
        check(refitted(forged))


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, AssertionError, RecursionError])
def test_whatever_goes_wrong_in_the_checker_is_a_rejection(error, monkeypatch):
    def astray(certificate):
        raise error("of a kind that nobody thought of")

    monkeypatch.setattr(confirmation, "examined", astray)
    with pytest.raises(Rejected, match=f"^certificate: cannot be checked here .{error.__name__}"):
        check(base("plain")[1])
