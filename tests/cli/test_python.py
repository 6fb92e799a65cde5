"""The interface in Python: typed results, errors of one family, and what a notebook shows."""

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import dyadic

NETWORK = "examples/claims/network.toml"
NAMED = {
    "name": "<b>&named",
    "inputs": {"x": {"shape": ["m"]}},
    "layers": [{"name": "a", "type": "dense", "units": "n"}],
    "cost": {"type": "squared_error"},
}


@pytest.fixture(scope="module")
def derivation():
    return dyadic.derive(dyadic.read(NETWORK))


@pytest.fixture(scope="module")
def certificate(derivation):
    return dyadic.verify(derivation)


def test_a_certificate_is_typed(certificate):
    assert certificate.verdict is dyadic.Verdict.PROVED
    assert (certificate.L, certificate.steps, certificate.name) == (4, 8, "two-layers-and-a-skip")
    assert all(isinstance(claim, dyadic.Claim) for claim in certificate.claims)
    assert [claim.id for claim in certificate.claims] == [claim["id"] for claim in certificate["claims"]]
    assert certificate.claim("steps") is certificate.claims[-1]
    assert certificate.claim("ranks").numbers == {"L": 4, "T": 8}
    with pytest.raises(dyadic.DyadicError, match="'guess'; there are: lemma"):
        certificate.claim("guess")


def test_a_certificate_is_a_mapping_that_json_writes(certificate, tmp_path):
    assert certificate["verdict"] == "proved"
    assert set(certificate) >= {"format", "claims", "hash"}
    assert json.loads(json.dumps(certificate)) == json.loads(certificate.to_json()) == certificate
    certificate.write(tmp_path / "c.json")
    assert (tmp_path / "c.json").read_text() == certificate.to_json()
    found = dyadic.Certificate.read(tmp_path / "c.json")
    assert (found, found.hash) == (certificate, certificate.hash)
    assert dyadic.check(found).confirmed
    assert dyadic.check(json.loads(certificate.to_json())).confirmed


def test_the_command_line_writes_the_same_certificate(certificate, tmp_path):
    path = tmp_path / "c.json"
    subprocess.run([sys.executable, "-m", "dyadic", "verify", NETWORK, "--certificate", path], check=True)
    assert path.read_text() == certificate.to_json()


def test_a_certificate_cannot_be_changed(certificate):
    before = certificate.to_json()
    for change in (
        lambda: certificate.__setitem__("verdict", "refuted"),
        lambda: certificate.__delitem__("claims"),
        lambda: certificate.update(verdict="refuted"),
        lambda: certificate.setdefault("more", 1),
        lambda: certificate.pop("claims"),
        lambda: certificate.popitem(),
        lambda: certificate.clear(),
        lambda: certificate.__ior__({"verdict": "refuted"}),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    assert certificate.to_json() == before
    for copied in (copy.copy(certificate), copy.deepcopy(certificate), pickle.loads(pickle.dumps(certificate))):
        assert isinstance(copied, dyadic.Certificate)
        assert copied == certificate
    assert {**certificate, "verdict": "refuted"}["verdict"] == "refuted"


def test_a_certificate_that_does_not_hold_is_rejected_with_a_dyadic_error(certificate, tmp_path):
    forged = {**certificate, "steps": 7}
    for wrong in (forged, {}, {"format": 1}, [], None):
        with pytest.raises(dyadic.RejectedCertificate) as caught:
            dyadic.check(wrong)
        assert isinstance(caught.value, dyadic.DyadicError)
    path = tmp_path / "c.json"
    for text in ("", "{", "{}", "[1]", certificate.to_json().replace('"steps"', '"stops"')):
        path.write_text(text)
        with pytest.raises(dyadic.RejectedCertificate):
            dyadic.Certificate.read(path)
    with pytest.raises(dyadic.RejectedCertificate, match="cannot be read"):
        dyadic.Certificate.read(tmp_path / "missing.json")


def test_every_error_is_a_dyadic_error(derivation, certificate, tmp_path):
    named = dyadic.derive(dyadic.architecture(NAMED))
    wrong = {
        "a file that is not there": lambda: dyadic.read(tmp_path / "missing.toml"),
        "a mapping that is no architecture": lambda: dyadic.architecture({"layers": 3}),
        "steps below 0": lambda: dyadic.verify(derivation, steps=-1),
        "steps that are no number": lambda: dyadic.verify(derivation, steps="8"),
        "a method that there is not": lambda: dyadic.verify(derivation, methods=["guess"]),
        "a target that there is not": lambda: dyadic.emit(derivation, "fortran"),
        "a dtype that there is not": lambda: dyadic.emit(derivation, "numpy", "float16"),
        "a size that is still a name": lambda: dyadic.emit(named, "numpy", sizes={"m": 3}),
        "a size that there is not": lambda: dyadic.emit(named, "numpy", sizes={"m": 3, "n": 2, "k": 1}),
        "a size of 0": lambda: dyadic.emit(named, "numpy", sizes={"m": 0, "n": 2}),
        "a size that is no integer": lambda: dyadic.emit(named, "numpy", sizes={"m": 2.5, "n": 2}),
        "a module's place": lambda: dyadic.emit(derivation, "numpy").write("/proc/none/m.py"),
        "a certificate's place": lambda: certificate.write("/proc/none/c.json"),
        "an equation that there is not": lambda: derivation.equations["s:nope"],
        "a module that is none": lambda: dyadic.certify(derivation, None, {}, None, None),
        "an appendix's ending": lambda: dyadic.appendix(derivation, certificate, tmp_path / "a.docx"),
    }
    for case, call in wrong.items():
        with pytest.raises(dyadic.DyadicError) as caught:
            call()
        assert str(caught.value), case


def test_the_equations_are_a_mapping(derivation):
    assert "s:nope" not in derivation.equations
    assert derivation.equations.get("s:nope") is None
    with pytest.raises(KeyError, match="no equation has the tag 's:hiden'; .* such as s:hidden"):
        derivation.equations["s:hiden"]


def test_sizes_are_given_when_a_module_is_emitted():
    named = dyadic.architecture(NAMED)
    given = dyadic.emit(dyadic.derive(named), "numpy", sizes={"m": 3, "n": 2})
    assert str(given) == str(dyadic.emit(dyadic.derive(named.with_sizes({"m": 3, "n": 2})), "numpy"))
    other = dyadic.emit(dyadic.derive(named), "numpy", "float32", sizes={"m": 4, "n": 2})
    assert str(other) != str(given)


def test_representations_are_short(derivation, certificate):
    equation = derivation.equations["s:hidden"]
    assert isinstance(equation, dyadic.Equation)
    assert str(equation) == "s_hidden[j] = Sum[i<4] W_deep[i, j] zbar_deep[i] + s_joined[j]"
    assert repr(derivation.equations).startswith(f"Equations({len(derivation.equations)} of ")
    assert repr(equation) == f"<Equation s:hidden {equation.short}: {equation}>"
    assert repr(derivation.architecture) == (
        "<Architecture 'two-layers-and-a-skip': inputs 1, layers 4, costs 1, L = 4>"
    )
    assert repr(derivation) == "<Derivation 'two-layers-and-a-skip': L = 4, 8 steps, 19 equations>"
    assert repr(certificate).startswith("<Certificate 'two-layers-and-a-skip': proved, L = 4, 8 steps, ")
    assert repr(certificate.claim("lemma")) == "<Claim lemma: proved>"


def test_a_notebook_shows_what_the_printer_prints(derivation):
    printed = subprocess.run(
        [sys.executable, "-m", "dyadic", "derive", NETWORK, "--format", "latex"], capture_output=True, text=True
    ).stdout
    typeset = derivation.equations["s:hidden"]._repr_latex_()
    assert typeset.startswith("$$\\begin{aligned}\n")
    rows = typeset.splitlines()[1:-1]
    assert len(rows) == 3  # the equation and two intermediates
    for row in rows:
        assert row.removesuffix(" \\\\") in printed
        assert row in derivation._repr_latex_()


def test_tables_are_escaped():
    derivation = dyadic.derive(dyadic.architecture(NAMED))
    for table in (derivation._repr_html_(), dyadic.verify(derivation, methods=["lemma"])._repr_html_()):
        assert "<b>" not in table
        assert "&lt;b&gt;&amp;named" in table
        assert table.count("<tr>") == table.count("</tr>") > 2


def test_a_large_network_is_shown_in_part():
    layers = [{"name": f"l{n}", "type": "tanh"} for n in range(50)]
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = dyadic.derive(dyadic.architecture(spec))
    assert len(derivation.equations) == 151
    assert "and 91 more" in derivation._repr_html_()
    assert derivation._repr_latex_().endswith("&\\vdots\n\\end{aligned}$$")


def test_every_public_name_is_there_and_documented():
    page = Path("docs/reference/python.md").read_text()
    for name in dyadic.__all__:
        assert hasattr(dyadic, name)
        assert name == "__version__" or getattr(dyadic, name).__doc__
        assert f"`{name}" in page or f"dyadic.{name}" in page, name


# -- nothing but DyadicError, and nothing that changes ---------------------------------------------------------------


def test_what_is_in_a_certificate_cannot_be_changed_either(certificate):
    for change in (
        lambda: certificate["claims"][0].update(verdict="refuted"),
        lambda: certificate["claims"].append({}),
        lambda: certificate["architecture"].__setitem__("name", "another"),
        lambda: certificate["claims"][-1]["numbers"].pop("steps"),
        lambda: certificate.claims[-1].numbers.clear(),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    free = copy.deepcopy(dict(certificate))
    free["claims"][0]["verdict"] = "refuted"
    assert certificate["claims"][0]["verdict"] == "proved"
    assert type(free) is type(free["claims"][0]) is dict
    assert pickle.loads(pickle.dumps(certificate)) == certificate
    assert dyadic.check(certificate).confirmed


@pytest.mark.parametrize("wrong", [None, 1.5, "text", [], {}, object()], ids=lambda one: type(one).__name__)
def test_arguments_of_another_kind_are_refused_by_name(wrong, tmp_path, derivation, certificate):
    calls = [
        lambda: dyadic.derive(wrong), lambda: dyadic.verify(wrong), lambda: dyadic.emit(wrong, "numpy"),
        lambda: dyadic.emit(derivation, wrong), lambda: dyadic.emit(derivation, "numpy", wrong),
        lambda: dyadic.appendix(wrong, certificate, tmp_path / "a.tex"),
        lambda: dyadic.appendix(derivation, wrong, tmp_path / "a.tex"),
        lambda: dyadic.Certificate(wrong), lambda: dyadic.check(wrong),
        lambda: dyadic.check(certificate, effort=wrong), lambda: dyadic.verify(derivation, steps=wrong or "0"),
    ]  # fmt: skip
    if not isinstance(wrong, str):
        calls += [lambda: dyadic.read(wrong), lambda: dyadic.emit(derivation, "numpy").write(wrong)]
    if wrong is not None and not isinstance(wrong, dict):
        calls += [lambda: dyadic.emit(derivation, "numpy", sizes=wrong), lambda: dyadic.check(certificate, wrong)]
    for call in calls:
        with pytest.raises(dyadic.DyadicError):
            call()
