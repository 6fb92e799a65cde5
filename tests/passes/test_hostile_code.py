"""Files made to do harm: nothing of them is executed, and they are refused with little time and memory."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from support.long_tests import one_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.python_code import CodeFile, pairs_of

PAIR = """
def f_forward(x: "n"):
    return np.sin(x), x

def f_backward(dy, cache):
    return dy * np.cos(cache)
"""
WRONG = PAIR.replace("np.cos", "np.sin")
NUMPY = "import numpy as np\n"


def written(tmp_path, text):
    path = tmp_path / "f.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_nothing_is_executed(tmp_path):
    """Neither on import, nor by a decorator, a default, an annotation, a class body or what runs at the end."""
    mark = tmp_path / "mark"
    evil = f"open({str(mark)!r}, 'w').write('x')"
    (tmp_path / "wicked.py").write_text(f"{evil}\n")
    text = (
        f"{NUMPY}import wicked\n{evil}\nclass C:\n    {evil}\n"
        f"def other(a={evil}): pass\n{PAIR}\nif True:\n    {evil}\nassert {evil}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "dyadic", "check-vjp", f"{written(tmp_path, text)}:f"],
        capture_output=True, text=True, check=False, env={"PYTHONPATH": f"{Path.cwd()}:{tmp_path}", "PATH": ""},
    )  # fmt: skip
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "PROVED"), done
    assert not mark.exists()


MEDDLING = [
    "import evil as np\n",
    "from numpy import *\nimport numpy as np\n",
    f"{NUMPY}np = 3\n",
    f"{NUMPY}np.sin = np.cos\n",
    f"{NUMPY}def np(): pass\n",
    f"{NUMPY}if True:\n    import evil as np\n",
    f"{NUMPY}for np in [1]: pass\n",
    f"{NUMPY}exec('np = 1')\n",
    f"{NUMPY}globals()['np'] = 1\n",
    f"{NUMPY}vars(np)['sin'] = np.cos\n",
    f"{NUMPY}setattr(np, 'sin', np.cos)\n",
    f"{NUMPY}np.__dict__['sin'] = np.cos\n",
    f"{NUMPY}__builtins__.len = 1\n",
    f"{NUMPY}import sys\nsys.modules['numpy'].sin = 1\n",
    f"{NUMPY}f = lambda: exec('np = 1')\nf()\n",
    f"{NUMPY}f_forward = 3\n",
    f"{NUMPY}del np\n",
    f"{NUMPY}with open('x') as np: pass\n",
    f"{NUMPY}def f_backward(dy, cache): return dy\n",
    "from .numpy import sin\nfrom . import numpy as np\n",
    f"{NUMPY}class np: pass\n",
    f"{NUMPY}(np := 3)\n",
    f"{NUMPY}try:\n    1 / 0\nexcept Exception as np:\n    pass\n",
    f"{NUMPY}match 3:\n    case np: pass\n",
    f"{NUMPY}def meddle():\n    global np\n    np = 3\nmeddle()\n",
    f"{NUMPY}def meddle():\n    np.sin = np.cos\nmeddle()\n",
]


@pytest.mark.parametrize("head", MEDDLING)
def test_names_that_might_mean_something_else_are_refused(tmp_path, head):
    with pytest.raises(SpecError):
        examine_pair(CodeFile(written(tmp_path, head + PAIR), "f"))


@pytest.mark.parametrize("decorator", ["@evil", "@np.vectorize", "@evil.jit", "@(lambda f: g)", "@property"])
def test_decorators_are_refused(tmp_path, decorator):
    text = f"{NUMPY}import evil\n" + PAIR.replace("def f_backward", f"{decorator}\ndef f_backward")
    with pytest.raises(SpecError, match="decorator"):
        examine_pair(CodeFile(written(tmp_path, text), "f"))


LARGE = [
    b"\xff\xfe\x00",
    b"def f(:\n",
    b"\x00" * 100,
    "(" * 5_000,
    f"x = {'-' * 50_000}1\n",
    f"x = {'not ' * 50_000}1\n",
    f"x = 1{' + 1' * 50_000}\n",
    f"x = a{'.b' * 50_000}\n",
    f"x = a{'[0]' * 50_000}\n",
    f"x = a{'()' * 50_000}\n",
    f"x = {'lambda: ' * 5_000}1\n",
    f"x = {'1 if a else ' * 50_000}1\n",
    "".join(f"{' ' * k}if a:\n" for k in range(99)) + " " * 99 + "pass\n",
    f"x = {'9' * 100_000}\n",
    f"x = {'a, ' * 300_000}\n",
    "# " + "x" * 2**21,
]


@pytest.mark.parametrize("text", LARGE, ids=range(len(LARGE)))
def test_files_that_are_too_deep_or_too_large(tmp_path, text):
    """Refused, or, where a line of no interest is only long, without the pair that is asked for."""
    with pytest.raises(SpecError):
        CodeFile(written(tmp_path, text), "f")


def helpers(body, times):
    """x through a function of the file, again and again."""
    call = "h(" * times + "x" + ")" * times
    return f"def h(a):\n    {body}\n" + PAIR.replace("np.sin(x), x", f"{call}, x")


COSTLY = [
    PAIR.replace("np.sin(x), x", "sum(a * b for a in range(999) for b in range(999) for c in range(999)) * x, x"),
    PAIR.replace(
        "return np.sin(x), x", "f = lambda a, n: [f(a, n - 1) for k in range(999)] if n else a\n    return f(x, 7), x"
    ),
    "".join(f"C{k + 1} = (C{k}, C{k})\n" for k in range(60)).replace("C0", "1") + PAIR.replace("np.sin(x)", "x * C60"),
    helpers("return a + a", 45),
    helpers("return np.maximum(a, -a) + np.where(a > 0, a, a * a)", 45),
    PAIR.replace("return np.sin(x), x", "for i in range(999):\n        x = x + x * x\n    return x, x"),
    PAIR.replace(
        "return np.sin(x), x", "p = [x]\n    for i in range(999):\n        p = [p[0] + p[0]]\n    return p[0], x"
    ),
    PAIR.replace("return np.sin(x), x", "p = (x,)\n    for i in range(99):\n        p = (*p, *p)\n    return p[0], x"),
    PAIR.replace(
        "return np.sin(x), x", "p = (x,)\n    for i in range(60):\n        p = (p, p)\n    return np.stack(p), x"
    ),
    PAIR.replace(
        "return np.sin(x), x", "for i in range(999):\n        for j in range(999):\n            pass\n    return x, x"
    ),
    "def h(a, k):\n    return h(a, k) + h(a, k)\n" + PAIR.replace("np.sin(x), x", "h(x, 1), x"),
    "def h(a):\n    for i in range(99):\n        a = g(a)\n    return a\ndef g(a):\n    for i in range(99):\n"
    "        a = k(a)\n    return a\ndef k(a):\n    return a + 1\n" + PAIR.replace("np.sin(x), x", "h(x), x"),
    PAIR.replace("return np.sin(x), x", "z = np.zeros((10**9, 10**9, 10**9))\n    return z[0, 0, 0] + x, x"),
    PAIR.replace("return np.sin(x), x", "z = np.zeros(10**12)\n    return z[0] + x, x"),
    PAIR.replace("return np.sin(x), x", "return np.sum(np.zeros((9**9,)) + x[0]) * x, x"),
    PAIR.replace("return np.sin(x), x", "k = 3\n    for i in range(999):\n        k = k * k\n    return k * x, x"),
    PAIR.replace("return np.sin(x), x", "k = 'a'\n    for i in range(99):\n        k = k + k\n    return x, x"),
    PAIR.replace(
        "return np.sin(x), x", "z = x\n    for i in range(60):\n        z = np.outer(z, z).ravel()\n    return z, x"
    ),
    PAIR.replace("return np.sin(x), x", "z = x" + "[None]" * 40 + "\n    return z, x"),
]


@pytest.mark.parametrize("text", one_in(4, COSTLY), ids=range(len(COSTLY)))
def test_code_that_grows_without_end(tmp_path, text):
    """Refused or undecided, with bounded memory."""
    tracemalloc.start()
    try:
        claim = examine_pair(CodeFile(written(tmp_path, NUMPY + text), "f"))
        assert claim.verdict is not Verdict.PROVED  # the backward pass is that of a sine
    except SpecError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2**28


def test_harmless_beginnings_are_read(tmp_path):
    """What cannot change a name is passed over."""
    head = (
        f'"""A module."""\nfrom __future__ import annotations\n{NUMPY}import os.path\nfrom typing import Any\n\n'
        "np.random.seed(0)\nlogger = print('a', 1)\nEPS: float = 1e-5\n__all__ = ['f']\n"
    )
    tail = "\n\nif __name__ == '__main__':\n    print(f_forward(np.ones(3)))\n"
    path = written(tmp_path, head + PAIR + tail)
    assert pairs_of(path) == ["f"]
    assert examine_pair(CodeFile(path, "f")).verdict is Verdict.PROVED
    assert examine_pair(CodeFile(written(tmp_path, head + WRONG + tail), "f")).verdict is Verdict.REFUTED
