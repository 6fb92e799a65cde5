"""Forged certificates by name: sizes that no network has, and integers that lie where there is nothing."""

from __future__ import annotations

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


# -- sizes -------------------------------------------------------------------------------------------------------------

N, M = ["size", "N"], ["size", "M"]


def minus(node):
    return ["*", -1, node]


def impossible(name, first, rule, sizes):
    """A network whose first axis is ``first``; a layer with a shape rule and an adjoint that is wrong everywhere.

    rule, sizes: of the layer, and what its sizes are in the network.
    """

    @register(f"sizes: {name}", "named", without=("identity", "pairing", "tightness", "nonreciprocity"))
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
