"""Steps of found proofs, and the same with one argument changed: whatever a rule still accepts changes no value.

Terms are evaluated by going through their index sets at small sizes.
"""

import functools
import random

import pytest
from support.equations import EQUATIONS
from support.long_tests import often
from support.proofs import as_json, found
from support.term_values import Edge, Values

from dyadic.catalogue import example_network
from dyadic.proofs.checker.core.facts import Given
from dyadic.proofs.checker.core.obligations import Content
from dyadic.proofs.checker.core.replay import Replay
from dyadic.proofs.checker.core.rules import RULES, Place
from dyadic.proofs.checker.evaluation.kind_pairing import completed
from dyadic.proofs.checker.intake.names import sizes_of
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.energy import LayerKind, derive_equation


def reshaped():
    spec = {"inputs": {"x": {"shape": [2, 3]}}, "layers": [{"name": "a", "type": "reshape", "shape": [3, 2]}]}
    return derive(architecture({**spec, "cost": {"type": "squared_error"}})).layers["a"]


def pool():
    spec = {
        "inputs": {"x": {"shape": ["n"]}},
        "layers": [{"name": "a", "type": "max_pool", "kernel": [2], "padding": [1], "stride": [1]}],
    }
    return derive(architecture({**spec, "cost": {"type": "squared_error"}})).layers["a"]


SUBJECTS = {
    **{
        f"layer {n}": functools.partial(lambda n: example_network(n, numeric=False).layers["layer"], n)
        for n in ("softmax", "concat", "stack", "embedding", "group_norm", "max_pool", "expand")
    },
    **{
        f"equation {n}": functools.partial(lambda n: derive_equation(LayerKind(n, (), (1,)), EQUATIONS[n]), n)
        for n in (
            "conv1d",
            "conv1d dilated",
            "average pool",
            "flattened",
            "sliced",
            "padded",
            "softmax",
            "nearest",
            "depthwise",
        )
    },
    "interleaved": reshaped,
    "overlapping": pool,
}


class Watched(Replay):
    """A replay that evaluates every term before and after each step; ``accepted`` counts the steps that it saw."""

    def __init__(self, content, subject):
        super().__init__(subject.facts, "watched")
        extents, names = content["extents"], sorted(sizes_of(content) - set(content["extents"]))
        self.values = None
        for start in range(2, 8):
            table = completed(extents, {name: start + k % 2 for k, name in enumerate(names)}, "")
            if all(value > 0 for value in table.values()):
                self.values = Values(subject.facts, table)
                break
        self.seen = 0

    def step(self, term, step, place):
        changed = super().step(term, step, place)
        if place.depth == 0 and self.values and len(term.variables) < 5 and (not changed or len(changed.variables) < 5):
            try:
                before = self.values.term(term)
                assert before == (0 if changed is None else self.values.term(changed)), step
                self.seen += 1
            except Edge:
                pass
        return changed


def mutated(steps, source):
    """The steps with one of them changed in one place."""
    steps = [list(step) for step in steps]
    place = source.randrange(len(steps))
    what = source.choice(("skip", "repeat", "argument", "argument", "argument", "rule", "swap"))
    if what == "skip":
        return steps[:place] + steps[place + 1 :]
    if what == "repeat":
        return steps[: place + 1] + steps[place:]
    if what == "swap":
        other = source.randrange(len(steps))
        steps[place], steps[other] = steps[other], steps[place]
    elif what == "rule":
        arity = len(steps[place])
        steps[place][0] = source.choice([n for n, (_, kinds) in RULES.items() if len(kinds) == arity - 1] or ["solve"])
    elif len(steps[place]) > 1:
        k = source.randrange(1, len(steps[place]))
        old = steps[place][k]
        steps[place][k] = (
            old + source.choice((-1, 1, 2)) if isinstance(old, int) else [2 * old[0], *old[1:]] if old else [1]
        )
    return steps


@pytest.mark.parametrize("name", often(SUBJECTS, lambda name: name != "equation flattened"))
def test_steps_leave_the_values_of_terms_as_they_are(name):
    """The steps of the proof found, and changed ones, as far as they are accepted."""
    content = as_json(SUBJECTS[name]())
    proof = found(content)
    subject = Content(content, "content")
    source = random.Random(7)
    seen = 0
    for part in subject.names:
        obligation = subject.obligation(part)
        for side, terms in (("left", obligation.left), ("right", obligation.right)):
            for term_, steps in zip(terms, proof[part][side], strict=True):
                watched = Watched(content, subject)
                watched.term(term_, steps, Place(subject.facts, Given()))
                for _ in range(12 if steps else 0):
                    try:
                        watched.term(term_, mutated(steps, source), Place(subject.facts, Given()))
                    except Rejected:
                        continue
                seen += watched.seen
    assert seen
