"""``python -m campaigns.costly``: certificates made to cost as much as they can, of up to 64 MiB, and what they cost.

Each is written to a file and checked in a process of its own, by the checker alone.  The table shows the size of the
file, what the checker says, CPU seconds and MiB; none may take more than 10 seconds or 1 GiB, or be confirmed.
"""

from __future__ import annotations

import copy
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from support.refit import refitted

from campaigns.forged import base

SECONDS, MEBIBYTES = 10, 1024
WHOLE = 64 * 2**20 - 2**16
COSTLY = {}
"""Name -> a function that gives the text of a file, or a certificate."""


def costly(name):
    def register(make):
        COSTLY[name] = make
        return make

    return register


def forged(name="plain"):
    return copy.deepcopy(base(name)[1])


def filled(unit, start="", end=""):
    """A text of about 64 MiB."""
    return start + unit * ((WHOLE - len(start) - len(end)) // len(unit)) + end


# -- files that are large ----------------------------------------------------------------------------------------------


@costly("file: empty lists")
def _():
    return filled("[],", "[", "0]")


@costly("file: tables")
def _():
    return filled('{"a":0},', "[", "0]")


@costly("file: short texts")
def _():
    return "[" + ",".join(f'"{k:x}"' for k in range(7_000_000)) + "]"


@costly("file: numbers that are not small")
def _():
    return filled("99999,", "[", "0]")


@costly("file: letters of four bytes")
def _():
    return filled("\U0001f600", '["', '"]').encode()[: WHOLE - 2].decode(errors="ignore") + '"]'


@costly("file: long numbers")
def _():
    return filled("1" * 4_000 + ",", "[", "0]")


@costly("file: as many lists as are read")
def _():
    return "[" + "[0,0]," * 1_100_000 + "0]"


@costly("file: a true certificate with a long name")
def _():
    c = forged()
    c["architecture"]["name"] = "x" * (WHOLE - 200_000)
    return refitted(c)


# -- certificates that are large ---------------------------------------------------------------------------------------


def chain(count, name="plain"):
    """The network with many more vertices, each reading the one before."""
    c = forged(name)
    network = c["architecture"]["vertices"]
    first = next(v for v in network if v["name"] == "h2")
    for k in range(count):
        network.append({**first, "name": f"v{k}", "inputs": [f"v{k - 1}" if k else "h2"]})
    return c


@costly("graph: 100,000 vertices")
def _():
    return refitted(chain(99_000))


@costly("graph: vertices with a thousand inputs")
def _():
    c = forged()
    join = next(key for key, layer in c["layers"].items() if layer["label"].startswith("add"))
    layer = c["layers"][join]
    for key, item in (("inputs", "u{}"), ("input_shapes", None), ("adjoints", None)):
        layer[key] = [item.format(k) if item else copy.deepcopy(layer[key][0]) for k in range(1_000)]
    for k, item in enumerate(layer["adjoints"]):
        item["owner"] = f"u{k}"
    vertex = next(v for v in c["architecture"]["vertices"] if v["layer"] == join)
    vertex["inputs"] = ["h1"] * 1_000
    c["architecture"]["vertices"] += [{**vertex, "name": f"j{k}"} for k in range(2_500)]
    return refitted(c)


@costly("claims: 100,000")
def _():
    c = forged()
    one = c["claims"][0]
    c["claims"] += [{**one, "id": f"c{k}", "kind": "another"} for k in range(99_000)]
    return refitted(c)


@costly("layers: 3,000 kinds")
def _():
    c = forged()
    key, layer = next((k, one) for k, one in c["layers"].items() if one["label"].startswith("dense"))
    vertex = next(v for v in c["architecture"]["vertices"] if v["layer"] == key)
    for k in range(3_000):
        c["layers"][f"{k:064x}"] = {**copy.deepcopy(layer), "label": f"dense(units={k})"}
        c["architecture"]["vertices"].append({**vertex, "name": f"k{k}", "layer": f"{k:064x}"})
    return refitted(c)


# -- functions and witnesses -------------------------------------------------------------------------------------------


def with_functions(formula, count=1_000):
    """The network applies many functions, each with the same formulas."""
    c = forged()
    layer = next(one for one in c["layers"].values() if one["label"].startswith("dense(activation=tanh"))
    z = ["entry", "x", "u", [0]]
    body = layer["definitions"][0]["body"]
    for k in range(count):
        body = ["+", body, ["apply", f"f{k}", 0, z]] if k < 50 else body
        c["functions"][f"f{k}"] = {
            "definition": formula, "value": formula, "derivative": formula, "kinks": [], "domain": [None, None],
        }  # fmt: skip
    layer["definitions"][0]["body"] = body
    return refitted(c)


Z = ["z"]


@costly("functions: products of sums")
def _():
    inner = ["+", *(["apply", name, 0, Z] for name in ("exp", "sin", "cos", "atan", "erf")), Z, 1]
    return with_functions(["^", ["*", inner, inner], 4])


@costly("functions: roots in roots")
def _():
    formula = Z
    for _ in range(12):
        formula = ["^", ["+", ["^", formula, 2], Z, 1], ["rational", 1, 2]]
    return with_functions(["*", formula, formula, formula, formula])


@costly("functions: many cases")
def _():
    cases = [part for k in range(20) for part in ([">", Z, 40 - 2 * k], ["apply", "exp", 0, ["*", k, Z]])]
    return with_functions(["piecewise", *cases, 0])


@costly("witness: a polynomial multiplied out")
def _():
    c = forged()
    one = ["+", *(["*", ["symbol", "x"], ["function", "E", [0, 0], [["symbol", "x"], k]]] for k in range(30))]
    for claim in c["claims"]:
        if claim["kind"] == "variational":
            claim["witness"]["rate_x"] = ["*", *[one] * 40]
    return refitted(c)


# -- equations and proofs ----------------------------------------------------------------------------------------------


def with_body(change, label="dense"):
    c = forged()
    layer = next(one for one in c["layers"].values() if one["label"].startswith(label))
    change(layer, c)
    return refitted(c)


@costly("equation: a product of sums")
def _():
    def change(layer, c):
        item = layer["adjoints"][0]
        many = ["+", *(["*", k, item["body"]] for k in range(1, 20))]
        item["body"] = ["*", *[many] * 6]

    return with_body(change)


@costly("equation: definitions that double")
def _():
    def change(layer, c):
        items = [{"kind": "t0", "owner": "v", "shape": [], "indices": [], "body": ["apply", "exp", 0, 1]}]
        for k in range(1, 900):
            entry = ["entry", f"t{k - 1}", "v", []]
            items.append({**items[0], "kind": f"t{k}", "body": ["*", entry, entry]})
        layer["definitions"] = items + layer["definitions"]

    return with_body(change)


@costly("equation: sums in sums over a million")
def _():
    def change(layer, c):
        body = layer["definitions"][0]["body"]
        for k in range(20):
            body = ["sum", f"q{k}", 1_000_000, body]
        layer["definitions"][0]["body"] = body

    return with_body(change)


@costly("equation: a maximum over everything")
def _():
    c = forged("mixed")
    layer = next(one for one in c["layers"].values() if one["label"].startswith("max_pool"))
    for item in layer["definitions"]:
        if isinstance(item["body"], list) and item["body"][0] == "max":
            item["body"][2] = 1_500_000
    pool = next(v for v in c["architecture"]["vertices"] if v["name"] == "pool")
    c["architecture"]["vertices"] += [{**pool, "name": f"p{k}"} for k in range(5_000)]
    return refitted(c)


@costly("proof: as many steps as there may be")
def _():
    c = forged()
    for proof in c["proofs"].values():
        for pair in proof.values():
            pair["left"] = [[["rename", [0]]] * 19_000 for _ in pair["left"]]
    return refitted(c)


@costly("proof: nested factors")
def _():
    c = forged()
    step = []
    for _ in range(12):
        step = [["factor", 0, [step]]] * 2
    for proof in c["proofs"].values():
        for pair in proof.values():
            pair["left"] = [step for _ in pair["left"]]
    return refitted(c)


@costly("sizes: polynomials")
def _():
    c = forged()
    size = ["+", *(["*", k, ["size", f"a{k}"]] for k in range(1, 40))]
    for node in c["architecture"]["inputs"].values():
        node["shape"] = [["*", *[size] * 20] for _ in node["shape"]]
    return refitted(c)


@costly("witness: integers and sizes of an evaluation")
def _():
    c = forged("mixed")
    for claim in c["claims"]:
        if claim["kind"] == "identity":
            claim["witness"]["integers"] = {"word": [0] * 90_000, "cost1": [0] * 90_000}
            claim["witness"]["inputs"] = {name: [1_000_000] * 12 for name in claim["witness"]["inputs"]}
    return refitted(c)


# -- what they cost ----------------------------------------------------------------------------------------------------


def measured(name, folder):
    """(bytes, exit status, what is said, CPU seconds, MiB)."""
    made = COSTLY[name]()
    path = Path(folder) / "certificate.json"
    path.write_text(made if isinstance(made, str) else json.dumps(made, separators=(",", ":")), encoding="utf-8")
    size = path.stat().st_size
    del made
    command = [sys.executable, "-m", "dyadic.proofs.checker", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    path.unlink()
    last = said.splitlines()[-1] if said else ""
    return size, process.returncode, last, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    wrong = 0
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or COSTLY:
            size, status, said, seconds, mebibytes = measured(name, folder)
            bad = status not in (1, 3) or seconds > SECONDS or mebibytes > MEBIBYTES
            wrong += bad
            print(f"{name:<46} {size / 2**20:5.1f} MiB  {seconds:5.1f} s {mebibytes:6.0f} MiB  {said:.90}"
                  + "  <-- WRONG" * bad, flush=True)  # fmt: skip
    print(f"{len(COSTLY)} costly certificates, {wrong} of them beyond {SECONDS} s or {MEBIBYTES} MiB, or confirmed")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
