"""Claims files that are huge, nested, cyclic, no TOML, or meant to run code or to blow up: one clear message each.

All of them are read in one process whose memory is limited, and its time so that it cannot hang.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import verify_claims
from dyadic.symbolic import SpecError, derive, read_spec

NETWORK = derive(read_spec("examples/claims/network.toml"))
HEAD = '[[claim]]\nid = "it"\nkind = "equal"\n'


def equation(text, **others):
    return HEAD + "".join(f"{k} = {v}\n" for k, v in others.items()) + f"equation = '''{text}'''\n"


def tex(text, header='id="it" kind="equal"'):
    return f"% dyadic: begin claim {header}\n{text}\n% dyadic: end\n"


SUMS = "".join(f"Sum[{letter}{k}<4] " for k in range(3) for letter in "abcdefgh")
FILES = {
    "huge.toml": ("# " + "x" * 79 + "\n") * 14_000,
    "no.toml": "this is no TOML",
    "binary.toml": b"\xff\xfe\x00",
    "zeros.toml": b"\0" * 1000,
    "empty.toml": "",
    "nested.toml": "claim = " + "[" * 30_000,
    "deep.toml": "\n".join(["claim = ["] * 20_000),
    "dotted.toml": ".".join(["a"] * 15_000) + " = 1",
    "keys.toml": "a . " * 9_000 + "b = 1",
    "digits.toml": HEAD + "h = " + "9" * 30_000,
    "not-a-table.toml": "claim = [1, 2]",
    "many.toml": "".join(f'[[claim]]\nid = "{k}"\nkind = "equal"\nequation = "x = x"\n' for k in range(1_001)),
    "twice.toml": equation("C = C") + equation("C = C"),
    "unknown.toml": HEAD + "evaluate = '1'\nequation = 'C = C'",
    "brackets.toml": equation("(" * 500 + "C" + ")" * 500 + " = C"),
    "unbalanced.toml": equation("(" * 9_000 + " = C"),
    "minus.toml": equation("C = " + "-" * 9_000 + "C"),
    "long.toml": equation("C = C" + " + C" * 9_000),
    "terms.toml": equation("C = C" + "+C" * 3_000),
    "number.toml": equation("C = " + "9" * 5_000),
    "tower.toml": equation("C = " + "(" * 30 + "2" + "^16)" * 30),
    "power.toml": equation("C = C^(99999999)"),
    "tower2.toml": equation("C = " + "(" * 12 + "C + 1" + ")^16" * 12),
    "squares.toml": equation("C = q99", **{"with": str(
        ["q0 = C + 1", *(f"q{k} = q{k - 1} q{k - 1}" for k in range(1, 100))])}),
    "sums.toml": equation(f"C = {SUMS} C"),
    "cycle.toml": equation("C = a", **{"with": '["a = b", "b = a"]'}),
    "self.toml": equation("C = a", **{"with": '["a = a + 1"]'}),
    "definitions.toml": equation("C = C", **{"with": str([f"q{k} = C" for k in range(101)])}),
    "code.toml": equation("__import__('os').system('touch owned') = C"),
    "lambda.toml": equation("(lambda: 1)() = C"),
    "attribute.toml": equation("C.__class__ = C"),
    "shell.toml": equation("$(touch owned) = C"),
    "sympify.toml": equation("sympify('1') = C"),
    "format.toml": equation("{0.__class__} = C"),
    "index.toml": equation("x_out[99999999999999] = C"),
    "float-index.toml": equation("x_out[1.5] = C"),
    "indices.toml": equation("x_out[" + "i," * 5_000 + "i] = C"),
    "nested-index.toml": equation("x_out[" + "(" * 5_000 + "i" + ")" * 5_000 + "] = C"),
    "range.toml": equation("Sum[i<999999999] x_out[i]^2 Sum[j] x_out[j] = C + Sum[i<999999999999] 1"),
    "zero.toml": equation("C/0 = C"),
    "second.toml": equation("tanh''(C) = C"),
    "unicode.toml": equation("\u202eC = C"),
    "side.toml": equation("C"),
    "tower-steps.toml": '[[claim]]\nid = "it"\nkind = "steps"\nsuffice = "((((L^16)^16)^16)^16)^16"',
    "inf.toml": '[[claim]]\nid = "it"\nkind = "step_size"\nh = inf',
    "nan.toml": '[[claim]]\nid = "it"\nkind = "step_size"\nh = nan',
    "negative.toml": '[[claim]]\nid = "it"\nkind = "steps"\nsuffice = -1',
    "open.tex": '% dyadic: begin claim id="it" kind="equal"\nC = C',
    "inside.tex": '% dyadic: begin claim id="a" kind="equal"\n% dyadic: begin claim id="b" kind="equal"',
    "end.tex": "% dyadic: end",
    "marker.tex": "% dyadic: \\immediate\\write18{touch owned}",
    "input.tex": tex(r"C = \input{/etc/passwd}"),
    "write.tex": tex(r"C = \immediate\write18{touch owned}"),
    "macro.tex": tex(r"\def\x{\x\x}\x = C"),
    "loop.tex": "\\newcommand{\\q}{\\r}\n\\def\\r{\\q}\n" + tex(r"\q = C"),
    "doubling.tex": "".join(rf"\def\{a}{{\{b}\{b}}}" for a, b in pairwise(ascii_lowercase)) + tex(r"\a = C"),
    "arguments.tex": r"\newcommand{\q}[9]{#1#1#1#1#9}" + tex(r"\q" * 4_000),
    "tower.tex": r"\newcommand{\q}[1]{#1#1#1#1}" + tex(r"\q{" * 2_000 + "C" + "}" * 2_000),
    "definitions.tex": r"\newcommand{\q}{C}" * 30_000 + tex(r"\q = D"),
    "braces.tex": r"\newcommand{\q}{" * 20_000 + tex(r"\q = C"),
    "expands-to-write.tex": r"\newcommand{\q}{\immediate\write18{touch owned}}" + tex(r"\q = C"),
    "remainders.toml": equation("(" * 9_000 + "C mod 2" + ")" * 9_000 + " = C"),
    "remainders2.toml": equation("C = " + "(C mod " * 3_000 + "2"),
    "floors.toml": equation("C = " + "floor(" * 300 + "C/2" + ")" * 300),
    "subscripts.toml": equation("C = (C)" + "_[0]" * 3_000),
    "transposed.toml": equation("C = C" + "^T" * 2_400),
    "subscripts2.toml": equation("C = (C)" + "_[" * 6_000),
    "inequalities.toml": equation("C " + "> C " * 6_000),
    "slope.toml": equation("C = " + "dx_out[0]/" * 4_000 + "dx_out[0]"),
    "names.toml": "names = {" + ", ".join(f"'n_{k}' = 'x_out[{k}:]'" for k in range(3_000)) + "}\n" + equation("C = C"),
    "part.toml": "names = {q = 'x_out[" + "0:1," * 20 + "]'}\n" + equation("C = q"),
    "uses.toml": equation("C = C", uses=str(["nothing"])),
    "macros.toml": "macros = 7\n" + equation("C = C"),
    "catcode.tex": tex(r"C = \csname end\endcsname"),
    "groups.tex": tex("C = " + "{" * 9_000),
    "frac.tex": tex("C = " + r"\frac{" * 3_000),
    "deep-frac.tex": tex("C = " + r"\frac{1}{" * 60 + "C" + "}" * 60),
    "scripts.tex": tex("C = x" + "_{x" * 3_000),
    "letters.tex": tex("C = y_{" + "x_y^" * 3_000 + "}"),
    "hats.tex": tex("C = y_{" + r"\hat{x}_{" * 2_000 + "i" + "}" * 2_001),
    "text.tex": tex(r"C = x^{\text{" + r"\textbackslash{}" * 1_000 + "{"),
    "rows.tex": tex(r"a &= C \\" * 1_000),
    "brackets.tex": tex(r"C = " + r"\\[" * 6_000),
    "newlines.tex": tex("C = " + "\n" * 15_000 + "D"),
    "attributes.tex": tex("C = C", 'id="it" kind="equal" shell="touch owned"'),
    "header.tex": tex("C = C", 'id="it" kind="equal" ' + '"' * 30_000),
}  # fmt: skip

PROGRAM = """
import resource, sys
from pathlib import Path
from string import ascii_lowercase
from dyadic.proofs.statements import verify_claims
from dyadic.symbolic import SpecError, derive, read_spec

network = derive(read_spec("examples/claims/network.toml"))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (600, 600))  # only what hangs meets this
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        outcome = verify_claims(network, path)[0].verdict.value
    except SpecError as error:
        outcome = str(error)
    print(path.name, ascii(outcome), sep="\\t")
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in FILES.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return dict(rows)


@pytest.mark.parametrize("name", FILES)
def test_hostile_input_gets_a_clear_error(name, outcomes):
    text = outcomes[name]
    assert f"{name}: " in text, text  # the file is named, so it was a SpecError and no verdict
    assert len(text) < 1_000
    assert "; " in text  # what to do about it
    assert not Path("owned").exists()


def test_a_folder_and_a_missing_file(tmp_path):
    for path in (tmp_path, tmp_path / "missing.toml"):
        with pytest.raises(SpecError, match="cannot be read"):
            verify_claims(NETWORK, path)


def test_a_claim_cannot_be_written_to_fit_the_primes(tmp_path):
    """The sides differ by a multiple of the primes of another claim: equal modulo those, yet refuted."""
    from dyadic.proofs.evaluate.identity_values import primes_for

    one, two = primes_for(1)
    path = tmp_path / "claims.toml"
    path.write_text(equation(f"C = C + {one} ({two} + C - C)"))
    assert verify_claims(NETWORK, path)[0].verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s_out[i] = x_out[i] - t[i]", r"'t' is no quantity of this network \(at character 23, near"),
        ("s_out[i] = x_out", "x_out needs 1 indices in square brackets"),
        ("s_out[i] = Sum[j] y[i]", "the range of the index j cannot be told; write Sum"),
        ("x_out[i] = x_out[i]", "a claim of kind sensitivity starts with s_NAME"),
        ("s_out[i] = tanh''(y[i])", "only first derivatives"),
        ("s_out[i] = (y[i]", "expected '\\)'"),
    ],
)
def test_slips_of_the_pen_are_named(tmp_path, text, message):
    path = tmp_path / "claims.toml"
    path.write_text(equation(text).replace("equal", "sensitivity"))
    with pytest.raises(SpecError, match=message):
        verify_claims(NETWORK, path)
