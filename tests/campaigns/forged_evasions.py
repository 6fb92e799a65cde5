"""Forged certificates by name: wrong where a check does not look, or where what it looks at is no longer there.

Where a layer's equations are changed, the proofs are looked for again, as an attacker would.
"""

from __future__ import annotations

import copy

from support.refit import refitted

from campaigns.forged import FORGERIES, base, layer, vertex
from dyadic.proofs.checker.core.obligations import HYPOTHESES
from dyadic.proofs.checker.evaluation.prime_numbers import primes
from dyadic.proofs.checker.instantiated.entrywise import SEED
from dyadic.proofs.methods.adjoint import prove

TOO_MUCH = ["*", 0, ["sum", "q", 5_000_000, 1]]
"""0, in a way that makes the layer too large to evaluate."""
S, N1, N2 = (["size", name] for name in ("n", "n1", "n2"))


def entry(kind, owner, *indices):
    return ["entry", kind, owner, [["index", i] if isinstance(i, str) else i for i in indices]]


def plus(item, *terms):
    item["body"] = ["+", item["body"], *terms]


def stated(c, tag):
    return c["equations"][tag]["definition"]


def register(name, on="plain", without=()):
    """A change of the file, and new proofs of what it then says; without: kinds of claims that are left out."""

    def registered(change):
        def make():
            forged = copy.deepcopy(base(on)[1])
            forged["claims"] = [claim for claim in forged["claims"] if claim["kind"] not in without]
            change(forged)
            refitted(forged)
            for group in ("layers", "costs"):
                for key, content in forged[group].items():
                    proof = prove(content)
                    forged["proofs"][f"{group}.{key}"] = proof.pairs
                    for claim in forged["claims"]:
                        if claim["subject"].get("content") == f"{group}.{key}" and proof.is_complete:
                            claim["numbers"] |= {name: int(name in proof.hypotheses) for name in HYPOTHESES}
            return refitted(forged)

        FORGERIES[name] = make
        return change

    return registered


# -- printed equations -----------------------------------------------------------------------------------------------


def printed(name, term):
    """A term that is added to a printed sensitivity; the layers are as they were."""
    register(f"equation: {name}")(lambda c: plus(stated(c, "s:h1"), term))


P, Q = primes(SEED)
X, HERE = entry("x", "h1", "j"), entry("x", "h1", 99)
printed("a multiple of primes that are known beforehand", ["*", P, Q, X])
printed("0 times an entry that is not there", ["*", 0, entry("W", "out", 5000, 7000)])
printed("an entry that is not there, and minus it", ["+", HERE, ["*", -1, HERE]])
printed("0 times a logarithm of -1", ["*", 0, ["apply", "log", 0, -1]])
printed("0 times 1 / x", ["*", 0, ["^", X, -1]])
printed("a root squared less what it is of", ["+", ["^", ["^", X, ["rational", 1, 2]], 2], ["*", -1, X]])


@register("equation: x / x")
def _(c):
    stated(c, "s:h1")["body"] = ["*", X, ["^", X, -1], stated(c, "s:h1")["body"]]


@register("equation: wrong for one word", "mixed")
def _(c):
    plus(stated(c, "x:table"), ["*", ["same", entry("x", "word", 0), 3], entry("W", "table", 0, 0)])


@register("equation: two under one tag", without=("identity",))
def _(c):
    for label, name in (("dense(activation=tanh", "h.w"), ("dense(activation=gelu", "w")):
        content = layer(c, label)
        for key in ("parameters", "gradients"):
            content[key] = {name: content[key].pop("weight"), **content[key]}
    renamed = {"h1": "a", "h2": "a.h"}

    def called(node):
        if isinstance(node, str):
            role, _, rest = node.rpartition(":")
            owner, dot, parameter = rest.partition(".")
            return node if owner not in renamed else f"{role}{':' * bool(role)}{renamed[owner]}{dot}{parameter}"
        if isinstance(node, list):
            return [called(child) for child in node]
        return {called(key): called(value) for key, value in node.items()} if isinstance(node, dict) else node

    c |= called({key: value for key, value in c.items() if key not in ("layers", "claims", "proofs")})
    c["equations"].pop("g:a.weight")
    c["equations"]["g:a.h.w"] = c["equations"].pop("g:a.h.weight")
    for claim in c["claims"]:
        if claim["kind"] == "instances":
            claim["numbers"]["equations"] -= 1


# -- layers that cannot be evaluated, so that the proof alone counts ---------------------------------------------------


@register("integers: a parameter in a bracket, with gradient 0")
def _(c):
    content, zero = layer(c, "dense(activation=identity"), ["*", 0, ["same", entry("b", "v", "i"), 0]]
    plus(content["definitions"][0], zero, TOO_MUCH)
    content["gradients"]["bias"]["body"] = ["*", 0, entry("s", "v", "i")]
    plus(stated(c, "x:out"), ["*", 0, ["same", entry("b", "out", "i"), 0]])
    stated(c, "g:out.bias")["body"] = 0


@register("integers: the cost's input in a bracket, with gradient 0")
def _(c):
    (content,) = c["costs"].values()
    plus(content["definitions"][-1], ["*", 0, ["sum", "q", S, ["same", entry("x", "u", "q"), 0]]], TOO_MUCH)
    content["gradient"]["body"] = ["*", 0, content["gradient"]["body"]]
    plus(stated(c, "C"), ["*", 0, ["sum", "q", 5, ["same", entry("x", "out", "q"), 0]]])
    stated(c, "s:out")["body"] = 0


@register("integers: [2 x + 1 = 0] x in an adjoint")
def _(c):
    content = layer(c, "dense(activation=identity")

    def extra(owner):
        x = entry("x", owner, "j")
        return ["*", ["same", ["+", ["*", 2, x], 1], 0], x]

    plus(content["definitions"][0], TOO_MUCH)
    plus(content["adjoints"][0], extra("u"))
    plus(stated(c, "s:join"), extra("join"))


@register("sizes: a remainder by what has a remainder", "tall", without=("identity", "pairing"))
def _(c):
    content = layer(c, "scale")
    half, times = ["size", "o1"], ["size", "o2"]
    content["extents"] = {"o1": ["quotient", N2, 2], "o2": ["quotient", N1, N2]}
    short = ["+", ["*", 4, half], ["*", -1, N2], ["*", -1, N1], ["*", N2, times]]  # -1 for 4001 and 2001
    content["adjoints"][0]["body"] = ["*", ["inside", short, ["+", short, 1]], content["adjoints"][0]["body"]]
    vertex(c, "b")["sizes"] |= {"o1": 1000, "o2": 1}
    stated(c, "s:a")["body"] = 0


@register("maxima: over an empty window", "pool", without=("identity", "pairing"))
def _(c):
    def further(node):
        """The window two places further to the left: the first one then lies in the padding altogether."""
        if isinstance(node, dict):
            return {key: further(value) for key, value in node.items()}
        if not isinstance(node, list):
            return node
        if node[:2] == ["+", -1] or node[:3] == ["+", 1, ["*", -1, ["index", "u"]]]:
            return ["+", 3 * node[1], *map(further, node[2:])]
        return [further(child) for child in node]

    content = layer(c, "max_pool")
    content |= {key: further(content[key]) for key in ("definitions", "intermediates", "adjoints")}
    content["intermediates"].append(
        {"kind": "bar q", "owner": "v", "shape": [], "indices": [], "body": ["sum", "q", 5_000_000, 1]}
    )
    c["equations"] |= {tag: further(c["equations"][tag]) for tag in ("x:p", "s:a", "E:p")}


# -- what the network is given, and what is said of it ----------------------------------------------------------------


@register("integers: words beyond the table", "mixed", without=("identity",))
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = 1000


@register("numbers: a weight of 2/2")
def _(c):
    c["architecture"]["costs"]["cost"]["weight"] = ["rational", 2, 2]


@register("text: a label that is a sentence, wherever it is quoted")
def _(c):
    layer(c, "add")["label"] = "exact in float16, and P = NP"


@register("text: a label with a sentence among its options")
def _(c):
    layer(c, "add")["label"] = "add(inputs=2, exact in float16)"


@register("form: a key that no text holds")
def _(c):
    c["\ud800"] = 1
