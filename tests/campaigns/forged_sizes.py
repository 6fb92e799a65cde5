"""Forged certificates by name: sizes that no network has, and integers that lie where there is nothing."""

from __future__ import annotations

import copy

from campaigns.forged import FORGERIES, edit, layer, vertex
from campaigns.forged_evasions import register

_BEFORE = set(FORGERIES)

# -- integers ---------------------------------------------------------------------------------------------------------


@edit("integers: below 0", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = 0


@edit("integers: below a negative number", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = -3


@edit("integers: below a difference that is 0", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = ["+", 5, -5]


WORD = ["entry", "x", "u", [["index", "i"]]]
NO_EVALUATION = ("identity", "pairing", "tightness", "nonreciprocity")


def beyond(name, change):
    """Words below 1000 look a row up in a table of 5; after the change, a bracket has the same entry somewhere."""

    @register(f"integers: beyond the table, {name}", "mixed", without=NO_EVALUATION)
    def _(c):
        c["architecture"]["inputs"]["word"]["below"] = 1000
        content = layer(c, "embedding")
        change(c, content)
        for tag in ("x:table", "E:table"):
            new = [_named_after_network(item) for item in content["definitions"][:-1]]
            c["equations"][tag]["where"] = new + c["equations"][tag]["where"]


def _named_after_network(item):
    item = copy.deepcopy(item)
    item["owner"], item["shape"] = "table", [1] * len(item["shape"])

    def changed(node):
        if node == WORD:
            return ["entry", "x", "word", [["index", "i"]]]
        return [changed(child) for child in node] if isinstance(node, list) else node

    item["body"] = changed(item["body"])
    return item


def bracket_before(c, content):
    shape = content["input_shapes"][0]
    content["definitions"].insert(
        0, {"kind": "q", "owner": "v", "shape": shape, "indices": ["i"], "body": ["inside", WORD, 5]}
    )


def bracket_beside(c, content):
    item = content["definitions"][-1]
    item["body"] = ["+", item["body"], ["*", 0, ["same", WORD, 3]]]


beyond("bracketed in another definition", bracket_before)
beyond("bracketed in another term", bracket_beside)


# -- sizes -------------------------------------------------------------------------------------------------------------

N, M = ["size", "N"], ["size", "M"]


def minus(node):
    return ["*", -1, node]


def impossible(name, first, rule, sizes):
    """A network whose first axis is ``first``; a layer with a shape rule and an adjoint that is wrong everywhere.

    rule, sizes: of the layer, and what its sizes are in the network.
    """

    @register(f"sizes: {name}", "named", without=NO_EVALUATION)
    def _(c):
        content = layer(c, "scale")
        content["extents"] = rule
        content["adjoints"][0]["body"] = ["*", 17, content["adjoints"][0]["body"]]
        c["architecture"]["inputs"]["x"]["shape"] = [first, M]
        for v in c["architecture"]["vertices"]:
            v["sizes"] = {"n1": first, "n2": M}
        vertex(c, "b")["sizes"] |= sizes
        for cost in c["architecture"]["costs"].values():
            cost["sizes"] = {"n1": first, "n2": M}
        for equation in c["equations"].values():
            for item in (equation["definition"], *equation["where"]):
                item["shape"] = [first if extent == N else extent for extent in item["shape"]]
                _put(item, N, first)
        c["equations"]["s:a"]["definition"]["body"] = ["*", 17, c["equations"]["s:a"]["definition"]["body"]]


def _put(item, old, new):
    def changed(node):
        return new if node == old else [changed(child) for child in node] if isinstance(node, list) else node

    item["body"] = changed(item["body"])


K = ["size", "k"]
N1 = ["size", "n1"]
impossible("less than none", minus(N), {"n1": minus(K)}, {"k": N})
impossible("none", ["+", N, minus(N), 0], {}, {})
impossible("each less than the other", ["+", N, minus(M)], {"n1": ["+", K, minus(["size", "n2"])], "o": minus(N1)},
           {"k": N, "o": ["+", M, minus(N)]})  # fmt: skip
impossible("a quotient of what is not there", ["quotient", minus(N), 2], {}, {})


NAMES = sorted(set(FORGERIES) - _BEFORE)
"""Those made here."""
