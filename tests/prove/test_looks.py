"""Names show what they are and can be told apart: in a specification, in a model that is read, and in a certificate."""

import pytest
from campaigns import forged_names
from campaigns.forgeries import outcome

from dyadic.proofs import check, verify
from dyadic.proofs.checker.intake import looks_alike
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.symbolic import SpecError, architecture, derive, looks
from dyadic.symbolic.options import neutral


def spec(*names, source="x", name="it"):
    layers = [{"name": n, "type": "dense", "units": 2} for n in names]
    return {"name": name, "inputs": {source: {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}


@pytest.mark.parametrize("name", forged_names.NAMES)
def test_no_certificate_with_such_names_is_confirmed(name):
    assert outcome(name)[0] == "REJECTED"


INVISIBLE = [
    "\u3164", "\u2800", "h\ufe0f", "h\u034f1", "\uffa0h", "\u0301h", "h\U000e0100", "\u17b4", "h\u180b", "h\U0001d159",
]  # fmt: skip


@pytest.mark.parametrize("name", INVISIBLE)
def test_what_is_printed_as_nothing_is_no_name(name):
    for wrong in (spec(name), spec("a", source=name), spec("a", name=name)):
        with pytest.raises(SpecError, match="printed as nothing"):
            architecture(wrong)
    assert looks.is_visible(neutral(f"a{name}"))


@pytest.mark.parametrize("name", [" h", "h ", "\u00a0", "\u200b", ""])
def test_blanks_at_an_end_are_no_part_of_a_name(name):
    with pytest.raises(SpecError, match="cannot be used|printed as nothing"):
        architecture(spec(name))


@pytest.mark.parametrize("name", ["l\u0430yer", "\u0421onv", "out_c\u043est", "\u0397idden", "c\u03bfst"])
def test_a_word_in_two_scripts_that_look_alike_is_refused(name):
    with pytest.raises(SpecError, match=r"(CYRILLIC|GREEK) .* for a letter that it looks like; write '[\x20-\x7e]+'"):
        architecture(spec(name))
    assert neutral(name).isascii()


ALIKE = [
    ("cost1x", "\uff43ost1x"), ("\u0430", "a"), ("\u0420\u0410", "PA"), ("\ufb01n", "fin"), ("\u00e9", "e\u0301"),
    ("a b", "a  b"), ("\u2460", "1"), ("\u03bd", "v"), ("\u212b", "\u00c5"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), ALIKE)
def test_two_names_that_look_alike_are_refused(one, two):
    for wrong in (spec(one, two), spec(two, source=one)):
        with pytest.raises(SpecError, match="looks like"):
            architecture(wrong)
    for alone in (one, two):
        architecture(spec(alone))
    with pytest.raises(Rejected, match="cannot be told from"):
        looks_alike.check_looks([("inputs", [one]), ("vertices", [two])])


TRUE = [
    "h1", "layer 1", "0.weight", "encoder/conv+relu", "\u03b1", "\u03b1_hidden", "\u0441\u043b\u043e\u0439", "\u5c42",
    "\u30d7\u30fc\u30eb", "couche cach\u00e9e", "\U0001f600", "e\u0301t\u00e9", "\u03c1x", "l1", "I1", "ll", "O", "0",
]  # fmt: skip


def test_names_in_one_script_are_names():
    certificate = verify(derive(architecture(spec(*TRUE, source="\u0432\u0445\u043e\u0434"))))
    assert certificate["verdict"] == "proved"
    assert check(certificate).confirmed


def test_both_sides_have_the_same_tables():
    assert looks.LOOKS_LIKE == looks_alike.LOOKS_LIKE
    assert looks.BLANK == looks_alike.BLANK
    assert all(one.isascii() and not other.isascii() for other, one in looks.LOOKS_LIKE.items())
