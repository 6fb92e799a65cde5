"""One rule for several claims or pairs: headline, verdict in JSON and exit status say the same."""

import json
from itertools import product

import pytest
from support.command import run

RANK = ("REFUTED", "UNREADABLE", "UNDECIDED", "PROVED")
STATUS = {"PROVED": 0, "REFUTED": 1, "UNREADABLE": 2, "UNDECIDED": 3}
CLAIMS = {
    "PROVED": "tanh(x_h[i]) = tanh(x_h[i])",
    "REFUTED": "x_h[i] = 2 x_h[i]",
    "UNREADABLE": "x_nowhere[i] = 1",
    "UNDECIDED": "atan(x_h[i]) + atan(1/x_h[i]) = sign(x_h[i]) pi/2",
}
NET = """[inputs.u]\nshape = [2]\n[[layers]]\nname = "h"\ntype = "dense"\nunits = 3\n[cost]\ntype = "squared_error"\n"""
PASSES = {
    "PROVED": "    return 2 * dy * x\n",
    "REFUTED": "    return 3 * dy * x\n",
    "UNREADABLE": "    return dy * unknown(x)\n",
}


def said(*arguments):
    """(first word, verdict in JSON, both exit statuses)."""
    text, data = run(*arguments), run(*arguments, "--format", "json")
    return text.stdout.split(":")[0], json.loads(data.stdout)["verdict"].upper(), {text.returncode, data.returncode}


@pytest.mark.parametrize("kinds", [("REFUTED", "UNREADABLE"), ("UNREADABLE", "UNDECIDED"), ("UNREADABLE", "PROVED"),
                                   ("UNDECIDED", "PROVED"), tuple(RANK)])  # fmt: skip
def test_claims(kinds, tmp_path):
    (tmp_path / "net.toml").write_text(NET)
    claims = [f'[[claim]]\nid = "{kind}"\nkind = "equal"\nequation = "{CLAIMS[kind]}"\n' for kind in kinds]
    (tmp_path / "claims.toml").write_text("".join(claims))
    worst = min(kinds, key=RANK.index)
    assert said("verify", tmp_path / "net.toml", "--claims", tmp_path / "claims.toml") == (
        worst,
        worst,
        {STATUS[worst]},
    )


@pytest.mark.parametrize("kinds", [pair for pair in product(PASSES, PASSES) if pair[0] < pair[1]])
def test_pairs(kinds, tmp_path):
    lines = ["import numpy as np\n"]
    for number, kind in enumerate(kinds):
        lines.append(
            f"def p{number}_forward(x: 'n'):\n    return x * x, x\ndef p{number}_backward(dy, x):\n{PASSES[kind]}"
        )
    (tmp_path / "passes.py").write_text("".join(lines))
    worst = min(kinds, key=RANK.index)
    assert said("check-vjp", tmp_path / "passes.py") == (worst, worst, {STATUS[worst]})
