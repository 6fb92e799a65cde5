"""Forged certificates by name: names, sizes, shapes, the graph and its ranks."""

from __future__ import annotations

import copy

from campaigns.forged import edit, layer, vertex

# -- names, sizes, shapes --------------------------------------------------------------------------------------------


@edit("names: a definition overwrites x_u")
def _(c):
    layer(c, "dense(activation=tanh")["definitions"].insert(
        0, {"kind": "x", "owner": "u", "shape": [["size", "m"]], "indices": ["j"], "body": 0}
    )


@edit("names: a definition overwrites a parameter")
def _(c):
    layer(c, "dense(activation=tanh")["definitions"][0]["kind"] = "b"


@edit("names: an intermediate overwrites x_u")
def _(c):
    layer(c, "dense(activation=tanh")["intermediates"].insert(
        0, {"kind": "x", "owner": "u", "shape": [["size", "m"]], "indices": ["j"], "body": 0}
    )


@edit("names: a definition twice")
def _(c):
    items = layer(c, "dense(activation=tanh")["definitions"]
    items.insert(0, copy.deepcopy(items[0]))


@edit("names: two inputs under one name, 3 s and -s")
def _(c):
    data = layer(c, "add")
    data["inputs"] = ["u1", "u1"]
    data["adjoints"][1]["owner"] = "u1"
    data["definitions"][0]["body"] = ["*", 2, data["definitions"][0]["body"][1]]
    for adjoint, factor in zip(data["adjoints"], (3, -1), strict=True):
        adjoint["body"] = ["*", factor, adjoint["body"]]


@edit("names: an input called v")
def _(c):
    layer(c, "add")["inputs"][0] = "v"


@edit("names: two parameters of one kind")
def _(c):
    layer(c, "dense(activation=tanh")["parameters"]["bias"]["kind"] = "W"


@edit("names: an index for two things")
def _(c):
    layer(c, "dense(activation=tanh")["definitions"][0]["body"][2][1] = "i"


@edit("names: an unknown index")
def _(c):
    layer(c, "add")["adjoints"][0]["body"][3] = [["index", "q"]]


@edit("names: an unknown tensor")
def _(c):
    layer(c, "add")["adjoints"][0]["body"] = ["entry", "r", "v", [["index", "i"]]]


@edit("names: one index too many")
def _(c):
    layer(c, "add")["adjoints"][0]["body"][3] *= 2


@edit("names: an adjoint of another tensor")
def _(c):
    layer(c, "add")["adjoints"][0]["owner"] = "u2"


@edit("sizes: every one 7919")
def _(c):
    for v in c["architecture"]["vertices"]:
        v["sizes"] = dict.fromkeys(v["sizes"], 7919)


@edit("sizes: one more")
def _(c):
    vertex(c, "h1")["sizes"]["n"] += 1


@edit("sizes: of the cost")
def _(c):
    c["architecture"]["costs"]["cost"]["sizes"]["n"] = 6


@edit("sizes: none")
def _(c):
    vertex(c, "h1")["sizes"] = {}


@edit("sizes: zero")
def _(c):
    vertex(c, "h1")["sizes"]["n"] = 0


@edit("sizes: a name for a number")
def _(c):
    vertex(c, "h2")["sizes"]["n"] = ["size", "k"]


@edit("sizes: not by the shape rule", "mixed")
def _(c):
    vertex(c, "conv")["sizes"]["o1"] = 7


@edit("shapes: an input of three axes")
def _(c):
    c["architecture"]["inputs"]["x"]["shape"] = [5, 5, 5]


@edit("shapes: of an adjoint")
def _(c):
    layer(c, "dense(activation=tanh")["adjoints"][0]["shape"] = [["size", "n"]]


@edit("shapes: the shape rule", "mixed")
def _(c):
    layer(c, "conv")["extents"]["o1"] = ["size", "n1"]


@edit("roles: integers for numbers", "mixed")
def _(c):
    c["architecture"]["inputs"]["image"] |= {"role": "index", "below": 3}


@edit("roles: numbers for integers", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"] = {"shape": [1], "role": "data"}


@edit("roles: a parameter that is not trained", "mixed")
def _(c):
    c["architecture"]["inputs"]["shift"]["role"] = "data"
    c["shared"] = {}
    c["equations"].pop("g:shift")


# -- the network -----------------------------------------------------------------------------------------------------


@edit("network: swapped parents of a difference", "mixed")
def _(c):
    vertex(c, "out")["inputs"].reverse()


@edit("network: another parent")
def _(c):
    vertex(c, "join")["inputs"] = ["h2", "h2"]


@edit("network: a cycle")
def _(c):
    vertex(c, "h1")["inputs"] = ["out"]


@edit("network: a vertex twice")
def _(c):
    c["architecture"]["vertices"].append(copy.deepcopy(vertex(c, "out")))


@edit("network: a vertex left out")
def _(c):
    c["architecture"]["vertices"].remove(vertex(c, "join"))


@edit("network: another layer")
def _(c):
    vertex(c, "h1")["layer"] = vertex(c, "out")["layer"]


@edit("network: a cost's weight", "mixed")
def _(c):
    c["architecture"]["costs"]["cost2"]["weight"] = 2


@edit("network: the decay's sign", "mixed")
def _(c):
    c["architecture"]["decay"] = ["rational", -1, 100]


@edit("network: no decay", "mixed")
def _(c):
    c["architecture"]["decay"] = 0


@edit("network: a cost on another vertex", "mixed")
def _(c):
    c["architecture"]["costs"]["cost2"]["input"] = "flat"


@edit("network: a cost left out", "mixed")
def _(c):
    key = c["architecture"]["costs"].pop("cost2")["cost"]
    c["costs"].pop(key)


@edit("network: a layer that no vertex has")
def _(c):
    c["layers"]["0" * 64] = copy.deepcopy(layer(c, "add")) | {"label": "P = NP"}


@edit("ranks: of x")
def _(c):
    c["ranks"]["x"]["join"] = 2


@edit("ranks: of s")
def _(c):
    c["ranks"]["s"]["h1"] = 7


@edit("ranks: L")
def _(c):
    c["L"] = 3


@edit("ranks: fewer steps")
def _(c):
    c["steps"] = 7
    for claim in c["claims"]:
        if claim["kind"] != "tightness" and "steps" in claim["numbers"]:
            claim["numbers"]["steps"] = 7
