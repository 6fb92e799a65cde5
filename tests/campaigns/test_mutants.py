"""A sample of the campaign ``make mutants``; what it must find, and that it would see a survivor."""

import mmap

import pytest
from support.long_tests import one_in

from campaigns import mutants
from campaigns.mutation import OPERATORS, ModuleSource, chosen
from dyadic.proofs.methods.registry import METHODS

KNOWN = {
    "decay": ("instantiation", "Equations._decayed", "decay * entry -> item.body -"),
    "weight": ("instantiation", "Equations._term", "weight * item.body -> weight +"),
    "intermediates": ("energy", "needed", "reversed(available) -> list(available)"),
    "numbers": ("serialise", "to_json", "expression.p -> expression.q"),
    "signs": ("printing", "joined", "'-"),
    "fractions": ("printing", "TextPrinter.fraction", "top"),
    "ranges": ("printing", "TextPrinter.inside", "extent"),
}
"""Some mutants by module, function and a part of what they change."""


@pytest.mark.parametrize("name", one_in(4, KNOWN))
def test_known_mutants_do_not_get_past_verify(name):
    module, function, change = KNOWN[name]
    every = ModuleSource(f"dyadic.symbolic.{module}").mutants()
    wrong = [one for one in every if one.function == function and change in one.change][:2]
    assert wrong
    for one, outcome, detail in mutants.campaign(wrong):
        assert outcome in ("refuted", "undecided", "crash"), (one.name, outcome, detail)


def test_a_sample_has_no_survivors():
    sample = chosen(mutants.sources(), 12, seed=3)[:12]
    found = mutants.campaign(sample)
    assert len(found) == len(sample) == 12
    assert not [(one.name, detail) for one, outcome, detail in found if outcome == "SURVIVOR"]
    assert sum(outcome in ("refuted", "undecided", "crash") for _, outcome, _ in found) >= 4


def test_every_operator_and_module_has_mutants():
    found = [one for source in mutants.sources() for one in source.mutants()]
    assert {one.operator for one in found} == set(OPERATORS)
    assert len({one.module for one in found}) == len(mutants.MODULES)
    assert len(found) > 1000


def test_the_campaign_sees_a_survivor(monkeypatch):
    """Without the methods that look at the instances and at what is printed, wrong equations get through."""
    monkeypatch.setattr(mutants, "ORDER", ("ranks", "pairing", "adjoint"))
    every = ModuleSource("dyadic.symbolic.instantiation").mutants()
    wrong = next(one for one in every if "decay * entry -> item.body -" in one.change)
    assert [outcome for _, outcome, _ in mutants.campaign([wrong])] == ["SURVIVOR"]


def test_what_the_campaigns_process_holds_already_is_no_crash_of_a_mutant():
    every = ModuleSource("dyadic.symbolic.instantiation").mutants()
    wrong = next(one for one in every if one.function == "Equations._decayed" and "decay" in one.change)
    with mmap.mmap(-1, 2 * mutants.MEMORY):
        assert mutants.campaign([wrong])[0][1] == "refuted"


def test_the_methods_of_the_campaign_are_those_of_verify():
    assert all(not METHODS[name].deep for name in mutants.ORDER)


def test_a_mutant_changes_the_module_in_its_own_process_only():
    source = ModuleSource("dyadic.symbolic.instantiation")
    wrong = next(one for one in source.mutants() if one.function == "Equations._decayed" and "decay" in one.change)
    before = source.live.Equations._decayed.__code__
    assert mutants.campaign([wrong])[0][1] == "refuted"
    assert source.live.Equations._decayed.__code__ is before
    source.apply(wrong)
    try:
        assert source.live.Equations._decayed.__code__ is not before
    finally:
        source.live.Equations._decayed.__code__ = before
