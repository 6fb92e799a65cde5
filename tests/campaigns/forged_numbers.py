"""Forged certificates by name: numbers that nobody counted, and texts where data should stand."""

from __future__ import annotations

import copy

from support.refit import claim_of

from campaigns.forged import FORGERIES, edit

_BEFORE = set(FORGERIES)


def numbers(name, claim, **changes):
    edit(f"number: {name}", "deep")(lambda c: claim_of(c, claim)["numbers"].update(changes))


numbers("schedules that are fewer than none", "schedules", schedules=-4)
numbers("no schedules", "schedules", schedules=0)
numbers("more schedules than there are seeds", "schedules", schedules=10**12)
numbers("more equations read back than there are", "printed:text", compared=10**12)
numbers("no equation read back", "printed:latex", compared=0)
numbers("equations left out that are fewer than none", "printed:latex", left_out=-2)
numbers("text that is left out", "printed:text", left_out=3)
numbers("a network with functions is linear", "stepsize:network", linear=1)
numbers("a nonreciprocity of no reads", "nonreciprocity", reads=0)


numbers("tightness that is not of the network's own numbers", "tightness", own=0)
numbers("tightness with constants that nobody states", "tightness", constants=1)


def elsewhere(name, kind, on, change, own=1):
    """Numbers of such layers elsewhere, said of the network itself, with the sentence that goes with that."""

    @edit(f"elsewhere: {name}", on)
    def _(c):
        claim = claim_of(c, kind)
        change(claim["witness"])
        claim["numbers"]["own"] = own


elsewhere("tightness at other sizes", "tightness", "plain", lambda w: w["sizes"].update({"11": 2, "12": 3}))
elsewhere("a size of the network left out", "tightness", "plain", lambda w: w["sizes"].pop("12"))
elsewhere("a size that the network does not have", "tightness", "plain", lambda w: w["sizes"].update({"7": 7}))
elsewhere("an entry of the flow at other sizes", "nonreciprocity", "plain", lambda w: w["sizes"].update(
    dict.fromkeys(w["sizes"], 1)))  # fmt: skip
elsewhere("a constant dropped", "tightness", "masked", lambda w: w["constants"].clear())
elsewhere("a constant with an entry fewer", "tightness", "masked", lambda w: w["constants"]["mask"].pop())
elsewhere("a constant of another name", "tightness", "masked", lambda w: w["constants"].update(other=["1"]))
elsewhere("values of an input that is no constant", "tightness", "masked", lambda w: w["constants"].update(x=["1"] * 3))
elsewhere(
    "a constant that is no number", "tightness", "masked", lambda w: w["constants"].update(mask=["1/0", "x", "1"])
)


@edit("number: all equations left out", "deep")
def _(c):
    claim = claim_of(c, "printed:latex")
    claim["numbers"] = {"compared": 0, "left_out": claim["numbers"]["compared"]}


def added(name, claim):
    """A claim of a run that never was, to a certificate that has none."""

    @edit(f"added: {name}")
    def _(c):
        one = copy.deepcopy(claim_of(_deep(), claim))
        one["numbers"] |= {"linear": 1} if "linear" in one["numbers"] else {}
        one["numbers"] |= {"schedules": 10**6} if "schedules" in one["numbers"] else {}
        c["claims"].insert(-1, one)


def _deep():
    from campaigns.forged import base

    return base("deep")[1]


added("a step size for a linear network", "stepsize:network")
added("schedules", "schedules")


def not_run(name, *methods, on="plain"):
    edit(f"not run: {name}", on)(lambda c: c["not_run"].extend(methods))


not_run("what steps rests on", "ranks", "lemma")
not_run("a cross-check whose claim is there", "identity")
not_run("a method with a claim for each notation", "printed")
not_run("a method with several kinds of claims", "functions")
not_run("a deep method that ran", "polynomial", on="deep")


def witness(name, claim, **changes):
    edit(f"witness: {name}", "deep")(lambda c: claim_of(c, claim)["witness"].update(changes))


witness("a sentence for a decimal", "tightness", value_exact="0 (shown in Coq)")
witness("a sentence for a state", "tightness", initial_state="every state there is")
witness("a sentence among the sizes", "stepsize:network", sizes={"proved for all sizes": 3})
witness("a sentence beside the data", "residues", remark="machine-checked")
witness("a sentence for an entry", "nonreciprocity", entry="not zero, as Coq has checked")
witness("an entry of no edge", "nonreciprocity", row="F_out[0]", column="x_h1[0]")
witness("other stand-ins", "rational", activations="the true functions")
witness("one seed for three schedules", "schedules", seeds=[1, 1, 1])


@edit("witness: of a claim that has none", "deep")
def _(c):
    claim_of(c, "wiring")["witness"] = {"checked_by": "Coq 8.20"}


def version(name, text):
    @edit(f"version: {name}")
    def _(c):
        c["versions"]["dyadic"] = text


version("a sentence", "machine-checked by Coq 8.20")
version("words behind a number", "1.0 verified")
version("a word", "verified")
version("words with dots", "1.0.formally.verified")

NAMES = sorted(set(FORGERIES) - _BEFORE)
"""Those made here."""
