"""No text of a file passes for words of the checker's own: it stands in quotes, wherever it is shown at all."""

import ast
import copy
import json
import re

import pytest
from campaigns.forged import base, layer
from support.long_tests import one_in
from support.refit import refitted

from dyadic.proofs import check as check_with_libraries
from dyadic.proofs import verify
from dyadic.proofs.checker import Rejected, check
from dyadic.proofs.checker.intake.reading import named, shown
from dyadic.symbolic import architecture, derive

SAYS = "CONFIRMED: steps and all that it rests on were verified again"
ODD = [SAYS, SAYS + "'", SAYS + '"', "it's \"CONFIRMED: steps and all\" that", "a' is fine. CONFIRMED: steps and all '",
       'b" is fine. CONFIRMED: steps and all \\', "CONFIRMED: steps and all " * 20]  # fmt: skip
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def own_words(line):
    """A line without what stands in quotes."""
    return QUOTED.sub("", line)


def output(certificate):
    try:
        return check(certificate).lines()
    except Rejected as error:
        return [f"REJECTED   {error}"]


def says(lines):
    """Whether the checker's own words, but for its verdict at the start of the last line, are those of :data:`SAYS`."""
    last = lines[-1].startswith("CONFIRMED: ")
    return any("CONFIRMED: steps" in own_words(line) for line in (lines[:-1] if last else lines))


def texts(node, path=(), kind=()):
    """Where texts stand, keys among them: (path, whether the key is meant, the path without positions and names)."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        free = isinstance(node, list) or path[-1:] in (("layers",), ("costs",), ("equations",), ("proofs",))
        shape = (*kind, "*" if free or path[:-1] == ("architecture",) else key)
        if isinstance(key, str):
            yield (*path, key), True, shape
        if isinstance(value, str):
            yield (*path, key), False, shape
        yield from texts(value, (*path, key), shape)


def places():
    """One place of every kind."""
    found = {}
    for name in ("plain", "mixed"):
        for path, is_key, kind in texts(base(name)[1]):
            found.setdefault((kind, is_key), (name, path, is_key))
    return sorted(found.values(), key=repr)


PLACES = places()


def changed(name, path, is_key, text, texts=True):
    forged = copy.deepcopy(base(name)[1])
    node = forged
    for key in path[:-1]:
        node = node[key]
    if is_key:
        node[text] = node.pop(path[-1])
    else:
        node[path[-1]] = text
    return refitted(forged, texts)


def test_there_are_many_places():
    assert len(PLACES) > 150


@pytest.mark.parametrize("part", one_in(12, range(16)))
def test_a_text_anywhere_is_no_verdict(part):
    for number, (name, path, is_key) in enumerate(PLACES):
        if number % 16 == part:
            lines = output(changed(name, path, is_key, ODD[number % len(ODD)], number % 3 > 0))
            assert not says(lines), (path, [line for line in lines if says([line, ""])])


@pytest.mark.parametrize("text", ODD)
def test_what_is_shown_ends_where_the_checker_says(text):
    for value in (text, [text], {"a": [text]}, ["entry", text, 1, [text]], text * 3):
        assert "CONFIRMED" not in own_words(f"before {shown(value)} after")
        assert own_words(f"before {shown(value)} after").startswith("before ")
        assert own_words(f"before {shown(value)} after").endswith(" after")
    assert own_words(named(text)) in ("", "...")
    assert "CONFIRMED" not in own_words(str(Rejected(f"architecture.inputs.{text}", "is wrong")))
    assert ast.literal_eval(shown("short'\"")) == "short'\""


def test_plain_names_are_shown_as_they_are():
    for text in ("layers.0f3a.definitions[0].body", "claims[3].numbers.steps", "equations.s:hidden", "x_h1"):
        assert named(text) == text
        assert str(Rejected(text, "is wrong")) == f"{text}: is wrong"


def test_a_network_whose_names_are_sentences():
    """Its certificate is confirmed, by the checker and by the one with libraries, and nothing is mistaken."""
    one, two = "h: CONFIRMED: steps and all", "REPLAYED   steps: CONFIRMED: steps"
    spec = {
        "name": SAYS,
        "inputs": {"CONFIRMED: steps x": {"shape": [2]}},
        "layers": [
            {"name": one, "type": "dense", "units": 2, "activation": "tanh", "inputs": ["CONFIRMED: steps x"]},
            {"name": two, "type": "dense", "units": 2, "inputs": [one]},
        ],
        "cost": {"type": "squared_error"},
    }
    certificate = json.loads(json.dumps(verify(derive(architecture(spec)))))
    for run in (check, check_with_libraries):
        report = run(copy.deepcopy(certificate))
        assert report.confirmed
        assert not says(report.lines())
    for tag in list(certificate["equations"]):
        forged = copy.deepcopy(certificate)
        forged["equations"][tag]["definition"]["body"] = 1
        assert not says(output(refitted(forged)))


# -- labels ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["dense(p=NP)", "dense(exact=proved)", "proved(by=Coq)", "a + b + c"])
def test_a_label_is_what_the_file_calls_something(label):
    """It follows from nothing, and is not said by the checker."""
    forged = copy.deepcopy(base("plain")[1])
    layer(forged, "add")["label"] = label
    report = check(refitted(forged))
    assert report.confirmed
    (line,) = (line for line in report.lines() if label in line)
    assert f"of what the file calls {label!r}" in line
    claim = next(c for c in forged["claims"] if label in c["id"])
    assert claim["statement"].startswith(f'Layers called "{label}": ')


@pytest.mark.parametrize(
    "label",
    [
        "exact in float16", 'dense(a="b")', 'dense": proved', "add(inputs=2): P = NP", "add(inputs=2) ", "Dense()",
        "add(inputs=2):\u2800exact\u2800in\u2800float16)", "add(proof=by\u3164Coq)", "add(\u0430xis=1)",
        "add(k=\uff11)", "add(inputs=2,\u00a0exact=1)", "add(inputs=2)\n",
    ],
)  # fmt: skip
def test_a_label_has_a_form(label):
    forged = copy.deepcopy(base("plain")[1])
    layer(forged, "add")["label"] = label
    with pytest.raises(Rejected, match="label"):
        check(refitted(forged))


def test_claims_of_kinds_that_are_not_known_are_quoted():
    forged = copy.deepcopy(base("plain")[1])
    strange = copy.deepcopy(forged["claims"][0]) | {"id": "steps: exact after 3 steps", "kind": "steps: exact"}
    forged["claims"].insert(0, strange)
    lines = check(refitted(forged)).lines()
    assert lines[0].startswith("UNKNOWN    a claim that the file calls 'steps: exact after 3 steps': no kind of claim")
    assert "exact after 3" not in "".join(map(own_words, lines))
    assert lines[-1].startswith("PARTLY")
    assert lines[-1].endswith("what is stated or unknown does not count")
