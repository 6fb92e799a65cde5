"""The emitted text of the example, as it stands in golden files: a change is seen and has to be meant.

What the text computes is tested elsewhere; a golden file alone could enshrine a falsehood.
"""

import re
from pathlib import Path

import pytest

from dyadic.codegen import emit
from dyadic.symbolic import derive, read_spec

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("target", ["numpy", "cupy"])
def test_golden(target, request):
    text = emit(derive(read_spec("examples/digits.toml")), target, "float64").text
    text = re.sub(r"Emitted by dyadic \S+", "Emitted by dyadic VERSION", text)
    path = GOLDEN / f"digits_{target}.py.txt"
    if request.config.getoption("--update-golden"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
