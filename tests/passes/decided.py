"""What is said of a pair that is written into a file: its verdict, or that it is refused."""

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.python_code import CodeFile

PROVED, REFUTED, REFUSED = Verdict.PROVED, Verdict.REFUTED, "refused"


def decided(tmp_path, text, name="f"):
    """The verdict, or REFUSED where the file is not read."""
    path = tmp_path / "f.py"
    path.write_bytes(text.encode())
    try:
        return examine_pair(CodeFile(path, name)).verdict
    except SpecError:
        return REFUSED


def pair_of(forward, slope, head="", shapes="x: 'n'"):
    """A pair of functions of which the forward pass ends with ``return x * k``-like lines, the other with a factor."""
    forward = forward.replace("\n", "\n    ")
    return (
        f"import numpy as np\nimport math\n{head}\n\ndef f_forward({shapes}):\n    {forward}\n\n"
        f"def f_backward(g, x):\n    return g * ({slope})\n"
    )
