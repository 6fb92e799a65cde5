"""How verdicts are shown: the outcome first, lines that fit, colours on a terminal alone, counterexamples."""

import ast
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.command import COMMAND, run

import dyadic
from dyadic.printable import printable
from dyadic.proofs.checker.wording import RULES
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.registry import METHODS
from dyadic.proofs.statements import Findings
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.proofs.verification import Notes
from dyadic.report import derivation_text
from dyadic.shorts import short
from dyadic.summary import GROUPS, own_claims_text, rejected_text, report_text, verdict_text
from dyadic.symbolic.readers.python_code import CodeFile
from dyadic.terminal import Page, page

NETWORK = "examples/claims/network.toml"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def certificate():
    return dyadic.verify(dyadic.derive(dyadic.read(NETWORK)), deep=True)


def changed(certificate, position, **changes):
    """The certificate with one claim changed; its hash is no longer right, which nobody looks at here."""
    claims = list(certificate["claims"])
    claims[position] = {**claims[position], **changes}
    verdicts = [claim["verdict"] for claim in claims]
    verdict = next((v for v in ("refuted", "undecided") if v in verdicts), "proved")
    return dyadic.Certificate({**certificate, "claims": claims, "verdict": verdict})


def shown(certificate, verbose=False, **options):
    return list(verdict_text(certificate, Notes(not_run={"m": "it does not fit"}), Page(**options), verbose))


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("width", [40, 63, 80, 140])
def test_every_line_fits(certificate, width, verbose):
    lines = shown(certificate, verbose, width=width)
    assert [line for line in lines if len(line) > width] == []


def test_colour_adds_nothing_but_colour(certificate):
    plain, coloured = shown(certificate), shown(certificate, colour=True)
    assert [ESCAPES.sub("", line) for line in coloured] == plain
    assert coloured[0].startswith("\x1b[1;32mPROVED\x1b[0m: after 8 unit steps")
    assert not any("\x1b" in line for line in plain)


def test_every_claim_has_its_line_in_its_group(certificate):
    lines = shown(certificate)
    places = [lines.index(title) for title in GROUPS]
    assert places == sorted(places)

    def group(name):
        found = [number for number, line in enumerate(lines) if re.match(rf"PROVED +{re.escape(name)}( |$)", line)]
        assert len(found) == 1, name
        return sum(place < found[0] for place in places) - 1

    groups = {claim.id: group(claim.id) for claim in certificate.claims}
    assert {name for name, one in groups.items() if one == 0} >= {
        "steps",
        "lemma",
        "ranks",
        "terms",
        "instances",
    } & set(groups)
    assert (groups["wiring"], groups["identity"], groups["variational:A"]) == (1, 1, 2)
    assert lines[places[0] + 1].startswith("PROVED     steps ")


def test_a_refutation_comes_first_and_shows_its_counterexample(certificate):
    fallen = changed(certificate, -1, verdict="refuted", counterexample={"value_exact": "1/2"})
    lines = shown(fallen, colour=True)
    assert lines[0].startswith("\x1b[1;31mREFUTED\x1b[0m: it is not so that after 8 unit steps")
    assert any(line.strip() == "value exact: 1/2" for line in lines)
    assert "witness" not in "".join(lines[:-1]).replace("--verbose shows methods and witnesses", "")
    beside = shown(changed(certificate, 1, verdict="refuted", counterexample={"x": "3"}))
    name = certificate.claims[1].id
    assert beside[0].startswith(f"REFUTED: {name}; proved: after 8")


def test_what_is_undecided_has_its_reason(certificate):
    lines = shown(changed(certificate, -1, verdict="undecided", reason="methods not run: lemma"))
    assert lines[0].startswith("UNDECIDED: whether after 8 unit steps")
    assert any(line.strip() == "because methods not run: lemma" for line in lines)


def test_verbose_shows_witnesses_and_methods(certificate):
    brief, verbose = "\n".join(shown(certificate)), "\n".join(shown(certificate, True))
    assert "witness seed: " in verbose
    assert "by execution on hash-consed terms" in verbose
    assert "witness seed" not in brief
    assert "hash-consed terms" not in brief.replace("hash-consing", "")


def test_only_what_the_wheel_contains_is_named(certificate):
    """Modules that can be imported, and no file of the repository."""
    from importlib.util import find_spec

    text = " ".join(" ".join(shown(certificate, True)).split())
    for method in METHODS:
        text += " ".join(explanation(method))
    assert not re.search(r"docs/|\.py\b|\.md\b", text)
    named = {name.rstrip(".") for name in re.findall(r"dyadic\.[a-z_.]+", text)}
    assert named
    assert all(find_spec(name) for name in named), named


def explanation(name):
    from dyadic import explanations

    return explanations.text(name, Page())


def test_every_kind_has_a_short_text(certificate):
    kinds = {claim.kind for claim in certificate.claims}
    assert kinds <= set(RULES)
    for claim in certificate.claims:
        assert 0 < len(short(claim)) < 90
        assert short(claim) != claim.statement, claim.id
    from dyadic.shorts import _SHORT

    assert set(_SHORT) >= set(RULES)


def test_a_claim_that_lacks_its_numbers_is_told_by_its_sentence():
    claim = Claim("steps", "After some steps", Verdict.PROVED, "m", kind="steps")
    assert short(claim) == "After some steps"
    assert short(replace(claim, kind="of another day")) == "After some steps"


def test_a_terminals_control_sequences_are_written_out():
    derivation = dyadic.derive(dyadic.read(NETWORK))
    claim = Claim("\x1b[2Jevil\r", "a\x07b", Verdict.UNDECIDED, "m", reason="\x9b31m")
    text = "".join(own_claims_text(derivation, Findings((claim,)), "it.toml", Page()))
    assert text.isprintable()
    assert r"\x1b[2Jevil\r" in text
    assert printable("ünd ≤") == "ünd ≤"


class Terminal:
    @staticmethod
    def isatty():
        return True


@pytest.mark.parametrize(
    ("variables", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_of_a_terminal(monkeypatch, variables, colour):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "72")
    assert page(Terminal) == Page(72, colour)
    monkeypatch.setenv("COLUMNS", "7")
    assert page(Terminal).width == 40


def test_a_pipe_has_no_colour_and_a_width_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    with open(tmp_path / "out", "w") as stream:
        assert page(stream) == Page(100, False)


def test_a_real_terminal_has_colours_and_says_what_goes_on():
    import pty

    leader, follower = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"COLUMNS": "60", "TERM": "xterm"}
    with subprocess.Popen([*COMMAND, "verify", NETWORK], stdout=follower, stderr=follower, env=environment) as process:
        os.close(follower)
        parts = []
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        assert process.wait() == 0
    os.close(leader)
    text = b"".join(parts).decode()
    assert "\x1b[1;32mPROVED\x1b[0m: after 8 unit steps" in text
    assert re.search(r"\d:\d\d:\d\d.*\(method \d+ of \d+\)", text)


def test_a_check_says_first_what_the_certificate_is_worth(certificate):
    report = dyadic.check(certificate)
    lines = list(report_text(report, Page(70, True)))
    assert lines[0].startswith("\x1b[1;32mCONFIRMED\x1b[0m: steps")
    assert all(len(ESCAPES.sub("", line)) <= 70 for line in lines)
    whole = " ".join(" ".join(lines).split())
    assert {finding.claim for finding in report.findings} == {claim.id for claim in certificate.claims}
    assert all(finding.title in whole for finding in report.findings)
    partly = list(report_text(replace(report, open=("the lemma",)), Page(70, True)))
    assert partly[0].startswith("\x1b[1;33mPARTLY\x1b[0m: 1 open")
    assert any(line.startswith("OPEN       the lemma") for line in partly)
    assert list(rejected_text("steps: is \x07wrong", Page())) == [r"REJECTED   steps: is \x07wrong"]


def explain(*arguments):
    return run("explain", *arguments)


def test_explain():
    listed = explain()
    assert listed.returncode == 0
    assert all(re.search(rf"^{name} ", listed.stdout, re.M) for name in METHODS)
    for name, method in METHODS.items():
        lines = list(explanation(name))
        assert "It proves the following:" in " ".join(lines)
        assert all(line == "" or len(line) <= 100 for line in lines)
        assert ("It runs by default." in lines) is not method.deep
    wrong = explain("guess")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "'guess'; there are: lemma" in wrong.stderr


def test_the_claims_that_explain_shows_are_read(tmp_path):
    from dyadic.proofs.statements import verify_claims

    text = "\n".join(line[4:] for line in explain("claims").stdout.splitlines() if line.startswith("    "))
    toml, _, latex = text.partition("% dyadic: begin")
    paths = tmp_path / "a.toml", tmp_path / "a.tex"
    paths[0].write_text(toml)
    paths[1].write_text("% dyadic: begin" + latex + "\n")
    derivation = dyadic.derive(dyadic.read(NETWORK))
    found = [claim.verdict for path in paths for claim in verify_claims(derivation, path)]
    assert found == [Verdict.PROVED] * 3


def test_the_pair_that_explain_shows_is_proved(tmp_path):
    path = tmp_path / "pair.py"
    path.write_text("\n".join(line[4:] for line in explain("check-vjp").stdout.splitlines() if line.startswith("    ")))
    assert examine_pair(CodeFile(path, "affine")).verdict is Verdict.PROVED


@pytest.mark.long
def test_what_is_printed_names_no_file_of_the_repository():
    """The documentation is not in the wheel: only docstrings, which are read where it is, may name it."""
    root = Path(dyadic.__file__).parent
    named = []
    for path in sorted({found.resolve() for part in (root, *root.iterdir()) for found in part.rglob("*.py")}):
        tree = ast.parse(path.read_text())
        texts = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        constants = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
        named += [(path.name, n.lineno) for n in constants if id(n) not in texts and "docs/" in n.value]
    assert named == []


def test_costs_and_decay_are_said_with_their_signs_and_one_is_singular(tmp_path):
    path = tmp_path / "one.toml"
    path.write_text(
        'name = "one"\nweight_decay = 3\n[inputs.a]\nshape = [3]\n[[layers]]\nname = "b"\ntype = "dense"\nunits = 2\n'
        '[cost]\ntype = "squared_error"\nweight = -1.5\n'
    )
    lines = list(derivation_text(dyadic.derive(dyadic.read(path))))
    assert lines[0] == "one: L = 1 layer (counted in vertices)"
    assert any(line.endswith("E = sum of the terms below - 3/2 C + 3/2 |theta|^2") for line in lines)


def test_no_difference_is_written_as_nothing_but_0():
    from dyadic.symbolic.decimal_bounds import text_above

    assert (text_above(0.0, 2), text_above(0.5, 2)) == ("0", "5.0e-1")


def test_what_is_empty_or_unchanged_is_not_printed():
    """A witness at the network's own sizes, of one without constants."""
    from dyadic.summary import shown_data

    data = {"constants": {}, "sizes": {"64": 64, "4": 4}, "reduced": {"64": 2, "10": 10}, "at": {"i": 0}, "list": []}
    assert dict(shown_data(data)) == {"sizes": "the network's own", "reduced": "64 -> 2", "at": "i = 0"}


def test_a_theorem_is_not_called_undecided_for_a_cross_check(tmp_path, monkeypatch, capsys):
    """Where only the LaTeX was not read back, ``appendix`` and ``build`` say which claim it is, as ``verify`` does."""
    import dyadic
    from dyadic.paper.exactness import result
    from dyadic.paper.glyphs import allocate
    from dyadic.publishing import appendix
    from dyadic.summary import outcome
    from dyadic.symbolic.latex_printing import LatexPrinter

    monkeypatch.setattr(LatexPrinter, "equation", lambda self, item: "nothing")
    derivation = dyadic.derive(dyadic.read("examples/digits.toml"))
    certificate = dyadic.verify(derivation)
    line = "digits-mlp: UNDECIDED: printed:latex; proved: L = 4, exact after 8 steps"
    assert outcome(certificate) == line
    *_, verdict = result(derivation, json.loads(certificate.to_json()), allocate(derivation))
    assert verdict.spans[0].startswith("Proved; undecided beside it: printed:latex. Of the claims")
    options = dict.fromkeys(("cost", "granularity", "certificate", "notation", "sections", "detail", "rounding"))
    paths = {"outputs": (tmp_path / "a.tex",), "others": (), "generic": False, "coq": False}
    assert appendix(dyadic.files.Path("examples/digits.toml"), **options, **paths) == 3
    assert capsys.readouterr().out == f"{line}\n"
