"""Mutants of the deriver and of its printers: does a wrong equation ever get past ``verify``?

    python tests/campaigns/mutants.py [--count N] [--seed N] [--jobs N]

Each mutant is one small change of a function (mutation.py) in a process of its own, which derives and prints the
architectures of subjects.py and verifies those that come out otherwise than without the change.  It is

    refuted     a claim is refuted                       undecided   a claim is undecided, and none is refuted
    crash       it ends in an error or in a time limit   no effect   no equation has another value, as printed
    definition  everything is proved, and the definition of a layer or cost is another one: another network is derived
    SURVIVOR    everything is proved, though an equation that is printed has another value

Equations are compared as they are printed: the text and the LaTeX are read back and evaluated (values.py), and the JSON
is evaluated.  LaTeX that the reader of claims does not know is compared as text, and a difference there is listed as
"unread".  What a layer is, is said by its equation alone: where a change reaches that, all that is printed is right for
another layer, which only a comparison with other software shows (tests/layers).  Emitted code and the appendix are
compared nowhere here.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter
from multiprocessing.connection import wait
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from campaigns.mutation import ModuleSource, chosen
from campaigns.subjects import SPECIFICATIONS
from campaigns.values import worth
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import printed
from dyadic.proofs.methods.registry import METHODS
from dyadic.proofs.statements.parsing.notation import printed_names, read_equation
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter

MODULES = (
    "variation", "inversion", "energy", "derivation", "instantiation", "expressions", "tensor_names", "printing",
    "typesetting", "latex_printing", "serialise", "rank_table",
)  # fmt: skip
ORDER = ("ranks", "instances", "printed", "pairing", "adjoint", "wiring", "identity")
"""The methods that run, cheap ones first, until one refutes; ``verify`` runs these and more."""
SECONDS, MEMORY = 40, 3 * 2**30
"""CPU seconds of a mutant's process, and bytes beyond those that it holds when it is forked."""
OUTCOMES = ("refuted", "undecided", "crash", "no effect", "unread", "definition", "SURVIVOR")


def produced(specification):
    """The derivation, and everything that is printed of it, by tag."""
    derivation = derive(architecture(specification))
    own = derivation.architecture.own_names
    text, latex = TextPrinter(own), LatexPrinter(own)
    found = {}
    for tag, equation in derivation.equations.items():
        items = (equation.definition, *equation.where)
        found[tag] = {
            "text": [text.equation(item) for item in items],
            "latex": [latex.equation(item) for item in items],
            "json": [equation.content["definition"], *equation.content["where"]],
            "hash": equation.hash,
        }
    return derivation, found


def reference(specification):
    """What is printed without a change, and the network as the checker reads it."""
    derivation, found = produced(specification)
    subject = examine(derivation, derivation.steps)
    return found, subject.content, derivation.architecture.own_names


class Reading:
    """Printed equations of one architecture, read back by the names of its own tensors.

    without: the reading without the change, whose tensors keep their axes here.
    """

    def __init__(self, content, own, without=None):
        graph = Graph(content)
        self.names = printed_names(graph, own)
        self.latex = printed._latex_reader(graph)
        numbers = (3, 5, 4, 7)
        named = sorted({name for tensor in _tensors(content) for name in _sizes(tensor["shape"])})
        self.sizes = {name: numbers[k % 4] for k, name in enumerate(named)}
        self.axes = {
            (one["kind"], one["owner"]): tuple(_extent(extent, self.sizes) for extent in one["shape"])
            for one in _tensors(content)
        }
        self.axes |= {} if without is None else without.axes
        inputs = content["architecture"]["inputs"]
        self.integers = {("x", name): node["below"] for name, node in inputs.items() if "below" in node}
        self.integers |= {key: 2 for key in self.axes if key[0].startswith("arg ")}
        self.integers |= {
            ("y", owner): self.axes["x", content["architecture"]["costs"][owner]["input"]][-1]
            for owner, data in _costs(content)
            if data["target_role"] == "index"
        }

    def value(self, form, items):
        equations = [self._read(form, item) for item in items]
        return worth((equations[0], equations[1:]), self.axes, self.integers, self.sizes)

    def _read(self, form, item):
        if form == "json":
            return item["kind"], item["owner"], item["indices"], item["body"]
        left, right = read_equation(item, self.names) if form == "text" else self.latex(item)
        return left[1], left[2], [index[1] for index in left[3]], right


def _costs(content):
    """(owner, content) of every cost of a certificate."""
    return [(owner, content["costs"][cost["cost"]]) for owner, cost in content["architecture"]["costs"].items()]


def _tensors(content):
    for equation in content["equations"].values():
        yield from (equation["definition"], *equation["where"])
    for name, node in content["architecture"]["inputs"].items():
        yield {"kind": "x", "owner": name, "shape": node["shape"]}
    layers = {vertex["name"]: vertex for vertex in content["architecture"]["vertices"]}
    for name, vertex in layers.items():
        for parameter in content["layers"][vertex["layer"]]["parameters"].values():
            yield {"kind": parameter["kind"], "owner": name, "shape": _bound(parameter["shape"], vertex["sizes"])}
    for owner, data in _costs(content):
        sizes = content["architecture"]["costs"][owner]["sizes"]
        yield {"kind": "y", "owner": owner, "shape": _bound(data["target_shape"], sizes)}


def _bound(node, sizes):
    if isinstance(node, list):
        return sizes[node[1]] if node[:1] == ["size"] else [_bound(child, sizes) for child in node]
    return node


def _sizes(node):
    if isinstance(node, list):
        if node[:1] == ["size"]:
            yield node[1]
        for child in node:
            yield from _sizes(child)


def _extent(node, sizes):
    from dyadic.proofs.checker.evaluation.equations import integer

    return integer(node, sizes, {}, {}, "shape")


def differences(without, reading, before, after):
    """The forms of equations that have another value than without the change, and those that cannot be read."""
    different, unread = [], []
    for tag in dict.fromkeys([*before, *after]):
        if tag not in before or tag not in after:
            different.append(f"{tag} is there only {'before' if tag in before else 'after'}")
            continue
        for form in ("text", "latex", "json"):
            one, two = before[tag][form], after[tag][form]
            if one == two:
                continue
            try:
                wanted = without.value(form, one)
            except Unreadable:
                unread.append(f"{tag} {form}")
                continue
            try:
                found = reading.value(form, two)
            except Unreadable:
                if form == "latex":  # a notation that the reader of claims does not know
                    unread.append(f"{tag} {form}")
                    continue
                found = "unreadable"
            if found != wanted:
                different.append(f"{tag} {form}: {two[0] if form != 'json' else two[0]['body']!s:.90}")
    return different, unread


def definitions(content):
    """What each vertex and cost computes, as its kind says it."""
    vertices = {v["name"]: content["layers"][v["layer"]]["definitions"] for v in content["architecture"]["vertices"]}
    return vertices, {owner: data["definitions"] for owner, data in _costs(content)}


def verdict(derivation):
    """The verdict of the methods that stand for ``verify`` here."""
    subject = examine(derivation, derivation.steps)
    open_ = subject.graph is None
    for name in ORDER:
        method = METHODS[name]
        if subject.graph is None and method.needs_graph:
            continue
        for claim in method.run(subject):
            if claim.verdict is Verdict.REFUTED:
                return "refuted", f"by {name}"
            open_ = open_ or claim.verdict is Verdict.UNDECIDED
    return ("undecided", "") if open_ else ("proved", "")


def outcome(references):
    """What becomes of the change that is in place."""
    unread_anywhere = []
    for specification, (before, content, own) in zip(SPECIFICATIONS, references, strict=True):
        derivation, after = produced(specification)
        if after == before:
            continue
        decided, how = verdict(derivation)
        if decided != "proved":
            return decided, f"{how} in {specification['name']}"
        without, now = Reading(content, own), examine(derivation, derivation.steps).content
        different, unread = differences(without, Reading(now, own, without), before, after)
        if different and definitions(now) != definitions(content):
            return "definition", f"{specification['name']}: {different[0]}"
        if different:
            return "SURVIVOR", f"{specification['name']}: {'; '.join(different[:3])}"
        unread_anywhere += [f"{specification['name']} {one}" for one in unread]
    return ("unread", ", ".join(unread_anywhere[:3])) if unread_anywhere else ("no effect", "")


def _held():
    """Bytes of address space of this process; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _in_child(pipe, mutant, references):
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    allowed = _held() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    try:
        ModuleSource(mutant.module).apply(mutant)
        found = outcome(references)
    except BaseException as error:
        found = "crash", f"{type(error).__name__}: {str(error)[:80]}"
    pipe.send(found)
    pipe.close()


def _references(pipe):
    pipe.send([reference(specification) for specification in SPECIFICATIONS])


def forked(context, target, *arguments):
    """A process and the end of its pipe."""
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(there, *arguments))
    process.start()
    there.close()
    return process, here


def campaign(mutants, jobs=2, report=lambda mutant, found: None):
    """(mutant, outcome, detail) for every mutant."""
    context = multiprocessing.get_context("fork")
    process, pipe = forked(context, _references)
    references = pipe.recv()
    process.join()
    found, running, waiting = [], {}, list(mutants)
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            process, pipe = forked(context, _in_child, mutant, references)
            running[pipe] = (mutant, process)
        for pipe in wait(list(running)):
            mutant, process = running.pop(pipe)
            try:
                result = pipe.recv()
            except EOFError:
                result = ("crash", "time limit")
            process.join()
            found.append((mutant, *result))
            report(mutant, result)
    return found


def sources():
    return [ModuleSource(f"dyadic.symbolic.{name}") for name in MODULES]


def table(found):
    """Outcomes by module, as lines of text."""
    counts = {}
    for mutant, result, _ in found:
        counts.setdefault(mutant.module.rpartition(".")[2], Counter())[result] += 1
    yield f"{'module':<14}" + "".join(f"{name:>11}" for name in OUTCOMES) + f"{'all':>8}"
    for module, row in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        yield f"{module:<14}" + "".join(f"{row[name]:>11}" for name in OUTCOMES) + f"{sum(row.values()):>8}"


def main():
    parser = argparse.ArgumentParser(description="Mutants of the deriver and its printers against verify.")
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=20260202)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="one line for each mutant")
    options = parser.parse_args()
    start = time.monotonic()

    def report(mutant, result):
        if options.verbose or result[0] in ("SURVIVOR", "undecided", "unread", "definition"):
            print(f"{result[0]:<10} {mutant.name}   [{result[1]}]", flush=True)

    found = campaign(chosen(sources(), options.count, options.seed), options.jobs, report)
    print(*table(found), sep="\n")
    survivors = sum(result == "SURVIVOR" for _, result, _ in found)
    print(f"{len(found)} mutants, {survivors} survivors, {time.monotonic() - start:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
