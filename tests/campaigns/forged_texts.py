"""Forged certificates by name: claims, texts, proofs, functions, printed equations, things of another form."""

from __future__ import annotations

import copy

from support.refit import claim_of

from campaigns.forged import FORGERIES, base, edit, layer

ADDED = {
    "id": "P = NP", "kind": "complexity", "subject": {}, "numbers": {}, "verdict": "proved", "statement": "P = NP",
    "method": "Coq kernel", "hypotheses": [], "trusted": [], "counterexample": None, "witness": None, "reason": None,
}  # fmt: skip


def steps(c):
    return claim_of(c, "steps")


def adjoint(c):
    return next(claim for claim in c["claims"] if claim["kind"] == "adjoint")


def field(name, path, value, on="plain", texts=False):
    """Register the change of one field of one claim: path is (claim id, key, ...)."""

    def change(c):
        node = claim_of(c, path[0])
        for key in path[1:-1]:
            node = node[key]
        node[path[-1]] = value(node[path[-1]]) if callable(value) else value

    edit(name, on, texts)(change)


# -- texts -----------------------------------------------------------------------------------------------------------

field("text: after 3 steps", ("steps", "statement"), lambda t: t.replace("After 8", "After 3"))
field("text: exact in float16", ("steps", "statement"), lambda t: f"{t}, exact in float16")
field("text: from any state, in any precision", ("identity", "statement"), lambda t: f"{t}, in any precision")
field("text: by Coq's kernel", ("steps", "method"), "Coq kernel")
field("text: a method nobody ran", ("steps", "method"), lambda t: f"{t}, polynomial")
field("text: no hypotheses", ("steps", "hypotheses"), [])
field("text: a hypothesis less", ("steps", "hypotheses"), lambda t: t[:-1])
field("text: a hypothesis more", ("lemma", "hypotheses"), lambda t: [*t, "the network is small"])
field("text: nothing trusted", ("steps", "trusted"), [])
field("text: less trusted", ("lemma", "trusted"), ["induction over the natural numbers"], texts=True)
field("text: another evaluator trusted", ("pairing", "trusted"), ["Coq's kernel", "blake2b as a source of randomness"],
      texts=True)  # fmt: skip
field("text: an id", ("wiring", "id"), "wiring, checked by hand")
field("text: a reason beside proved", ("wiring", "reason"), "P = NP")
field("text: a counterexample beside proved", ("wiring", "counterexample"), {"x": 1})


@edit("text: a label", texts=False)
def _(c):
    layer(c, "add")["label"] = "exact in float16"


@edit("text: a sentence in a label, with blanks that are no spaces")
def _(c):
    layer(c, "add")["label"] = "add(inputs=2):\u2800exact\u2800in\u2800float16)"


@edit("text: a Cyrillic letter in a label")
def _(c):
    layer(c, "add")["label"] = "add(mode=\u0430)"


@edit("text: a hypothesis of an adjoint", texts=False)
def _(c):
    adjoint(c)["hypotheses"] = []


@edit("text: of a method that was not run")
def _(c):
    c["not_run"] = ["P = NP"]


@edit("text: of a version")
def _(c):
    c["versions"]["dyadic"] = "1.0 (formally verified; see Coq)"


# -- claims ----------------------------------------------------------------------------------------------------------


@edit("claim: P = NP")
def _(c):
    c["claims"].insert(0, copy.deepcopy(ADDED))


@edit("claim: 6 steps suffice")
def _(c):
    c["claims"].insert(0, copy.deepcopy(steps(c)) | {"id": "six"})
    c["claims"][0]["numbers"]["steps"] = 6


@edit("claim: 6 steps suffice, as steps", texts=False)
def _(c):
    steps(c)["numbers"]["steps"] = 6
    steps(c)["statement"] = steps(c)["statement"].replace("After 8", "After 6")


@edit("claim: one twice")
def _(c):
    c["claims"].append(copy.deepcopy(claim_of(c, "wiring")))


@edit("claim: of a kind nobody knows")
def _(c):
    claim_of(c, "lemma")["kind"] = "theorem"


for dropped in ("steps", "lemma", "ranks", "instances"):

    @edit(f"claim dropped: {dropped}")
    def _(c, dropped=dropped):
        c["claims"].remove(claim_of(c, dropped))


@edit("claim dropped: an adjoint")
def _(c):
    c["claims"].remove(adjoint(c))


@edit("claim dropped: a gradient")
def _(c):
    c["claims"].remove(next(claim for claim in c["claims"] if claim["kind"] == "gradient"))


@edit("claim dropped: a function")
def _(c):
    c["claims"].remove(claim_of(c, "function:tanh"))


field("verdict: of the lemma", ("lemma", "verdict"), "refuted", texts=True)
field("verdict: of steps", ("steps", "verdict"), "undecided", texts=True)
field("verdict: another word", ("wiring", "verdict"), "certain", texts=True)


@edit("verdict: proved beside a refuted claim")
def _(c):
    claim_of(c, "tightness").update(verdict="refuted", counterexample={"x": 1}, witness=None)


@edit("verdict: steps proved beside an undecided part")
def _(c):
    claim_of(c, "wiring").update(verdict="undecided", reason="too large")
    c["verdict"] = "undecided"


field("number: L", ("steps", "numbers", "L"), 3, texts=True)
field("number: T", ("ranks", "numbers", "T"), 6, texts=True)
field("number: steps of the identity", ("identity", "numbers", "steps"), 6, texts=True)
field("number: equations", ("instances", "numbers", "equations"), 4, texts=True)
field("number: an error of 1e-99", ("identity", "numbers", "log10_error"), -99, texts=True)
field("number: an error of 1e-99 for pairing", ("pairing", "numbers", "log10_error"), -99, texts=True)
field("number: tight at 5", ("tightness", "numbers", "steps"), 5, texts=True)
field("number: reciprocal", ("nonreciprocity", "numbers", "reads"), 0, texts=True)
field("number: no steps", ("steps", "numbers"), {}, texts=True)


@edit("number: what an adjoint rests on", "mixed")
def _(c):
    resting = [n for n in c["claims"] if n["kind"] == "adjoint" and n["numbers"]["maxima_nonempty"]]
    resting += [n for n in c["claims"] if n["kind"] == "adjoint" and n["numbers"]["positions_inside"]]
    for claim in resting[:1]:
        claim["numbers"] |= {"maxima_nonempty": 0, "positions_inside": 0}


field("subject: another layer", ("lemma", "subject"), {"content": "layers." + "0" * 64}, texts=True)
field("subject: of an adjoint", ("adjoint:add(inputs=2)", "subject", "content"), "layers." + "0" * 64)
field("subject: a construction D", ("variational:A", "subject", "construction"), "D", texts=True)
field("subject: the wrong construction", ("variational:A", "subject", "construction"), "B", texts=True)
field("witness: sizes that do not fit", ("identity", "witness", "inputs", "x"), [3, 3], texts=True)
field("witness: other sizes", ("identity", "witness", "sizes"), {}, texts=True)
field("witness: no runs", ("pairing", "witness", "runs"), [], texts=True)
field("witness: huge sizes", ("pairing", "witness", "runs"), lambda runs: [
    r | {"sizes": dict.fromkeys(r["sizes"], 10**9)} for r in runs], texts=True)  # fmt: skip
field("witness: no leak", ("variational:C", "witness", "leak"), 0, texts=True)
field("witness: another functional", ("variational:B", "witness", "functional"), ["symbol", "x"], texts=True)
field("witness: missing", ("identity", "witness"), None, texts=True)

# -- proofs and functions --------------------------------------------------------------------------------------------


def place(c, label):
    return next(f"layers.{key}" for key, content in c["layers"].items() if content["label"].startswith(label))


@edit("proof: of another layer", "mixed")
def _(c):
    c["proofs"][place(c, "conv")] = c["proofs"][place(c, "max_pool")]


@edit("proof: a step less", "mixed")
def _(c):
    for pair in c["proofs"][place(c, "conv")].values():
        pair["left"] = [steps[:-1] for steps in pair["left"]]
        pair["right"] = [steps[:-1] for steps in pair["right"]]


@edit("proof: empty")
def _(c):
    c["proofs"][place(c, "dense(activation=tanh")] = {}


@edit("proof: an unknown rule")
def _(c):
    pair = next(iter(c["proofs"][place(c, "dense(activation=tanh")].values()))
    pair["left"] = [[["by inspection"]]]


@edit("proof: dropped")
def _(c):
    c["proofs"].pop(place(c, "dense(activation=tanh"))


@edit("proof: of a layer that is not there")
def _(c):
    c["proofs"]["layers." + "0" * 64] = {}


@edit("proof: all dropped")
def _(c):
    c["proofs"] = {}


@edit("function: derivative")
def _(c):
    c["functions"]["tanh"]["derivative"] = 1


@edit("function: definition and value and derivative")
def _(c):
    c["functions"]["tanh"] |= {"definition": ["z"], "value": ["z"], "derivative": 1}


@edit("function: a kink moved away", "mixed")
def _(c):
    entry = next(entry for entry in c["functions"].values() if entry["kinks"])
    entry["kinks"] = []


@edit("function: dropped")
def _(c):
    c["functions"].pop("tanh")


@edit("function: one that nobody applies")
def _(c):
    c["functions"]["oracle"] = copy.deepcopy(c["functions"]["tanh"])


# -- printed equations -----------------------------------------------------------------------------------------------


def printed(name, tag, change, on="plain"):
    def make(c):
        c["equations"][tag]["definition"]["body"] = change(c["equations"][tag]["definition"]["body"])

    edit(name, on)(make)


printed("printed: a sensitivity's sign", "s:h1", lambda b: ["*", -1, b])
printed("printed: a child dropped", "s:h1", lambda b: b[1])
printed("printed: a child twice", "s:h1", lambda b: ["+", b, b[1]])
printed("printed: a gradient's sign", "g:h1.weight", lambda b: ["*", -1, b])
printed("printed: a map", "x:h1", lambda b: ["*", 2, b])
printed("printed: an energy term", "E:h1", lambda b: ["*", -1, b])
printed("printed: a cost", "C", lambda b: ["+", b, 1])
printed("printed: the decay's sign", "g:conv.weight", lambda b: ["*", -1, b], "mixed")
printed("printed: sizes", "x:out", lambda b: 0)


@edit("printed: an equation left out")
def _(c):
    c["equations"].pop("s:h1")


@edit("printed: an equation more")
def _(c):
    c["equations"]["s:h9"] = copy.deepcopy(c["equations"]["s:h1"])


# -- things that are no certificate ----------------------------------------------------------------------------------


def nested(depth):
    found = 1
    for _ in range(depth):
        found = ["+", found, 1]
    return found


MALFORMED = {
    "not a number": lambda c: c.update(L=float("nan")),
    "infinity": lambda c: c["ranks"]["x"].update(h1=float("inf")),
    "a fraction": lambda c: c.update(L=4.0),
    "true for a number": lambda c: c["architecture"].update(decay=True),
    "a huge number": lambda c: c.update(steps=10**4000),
    "a huge exponent": lambda c: layer(c, "add")["adjoints"][0].update(
        body=["^", layer(c, "add")["adjoints"][0]["body"], 10**9]
    ),
    "a huge sum": lambda c: layer(c, "add")["adjoints"][0].update(body=["sum", "q", 2**40, 1]),
    "division by zero": lambda c: layer(c, "add")["adjoints"][0].update(body=["^", 0, -1]),
    "deep nesting": lambda c: layer(c, "add")["adjoints"][0].update(body=nested(50_000)),
    "deep nesting elsewhere": lambda c: claim_of(c, "wiring").update(witness={"w": nested(50_000)}),
    "a list for a table": lambda c: c.update(architecture=[]),
    "a table for a list": lambda c: c.update(claims={}),
    "null": lambda c: c.update(layers=None),
    "an unknown field": lambda c: c.update(note="P = NP"),
    "an unknown field within": lambda c: c["architecture"].update(proof="trivial"),
    "an endless text": lambda c: c["architecture"].update(name="x" * 10_000),
    "control characters": lambda c: c["architecture"].update(name="x\x1b[2J"),
    "code": lambda c: layer(c, "add")["adjoints"][0].update(body=["__import__('os').system('true')"]),
    "another format": lambda c: c.update(format="dyadic-certificate/9"),
    "no vertices": lambda c: c["architecture"].update(vertices=[]),
}
for malformed, change in MALFORMED.items():
    edit(f"malformed: {malformed}")(change)

__all__ = ["FORGERIES", "base"]
