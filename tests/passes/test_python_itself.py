"""What Python does with its own values is read as it does it: iterators, views, texts, variables, comprehensions."""

import numpy as np
import pytest
from passes.executed import computed_and_read, written

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.python_code import CodeFile

HEAD = "import numpy as np\n\nK = 7.0\n\ndef bump(a):\n    a += 1\n    return True\n\n"
BLOCKS = [
    # texts
    "t = {}\n    for i in range(3):\n        t[f'h{i}'] = x * (i + 1)\n    return t['h0'] + t[f'h{1}']",
    "mode = 'relu'\n    return x if f'{mode}_x' == 'relu_x' else y",
    "return x * len(f'abc{12}')",
    "return x if f'{None}' else y",
    "print(f'{x.shape} {type(x)} {x[0, 0]:.3f} {3 / 2}')\n    return x",
    "t = {str(i): x * i for i in range(3)}\n    return t['2'] + t[str(1)] if str(None) else y",
    # lists
    "a = [x]\n    a.insert(0, y)\n    a.extend([2 * x, 3])\n    k = a.pop()\n    b = a.pop(0)\n    a.reverse()\n    return k * b + a[0] * len(a)",
    "a = [1, 2, 3, 4]\n    s = 0\n    while a:\n        s = 10 * s + a.pop(-1 if len(a) > 2 else 0)\n    return x * s",
    "a = [1, 2, 3, 4]\n    s = 0\n    for v in a:\n        a.pop()\n        s = s + v\n    return x * s",
    "return sum([k * a for k, a in enumerate([x, y], 5)])",
    # what is asserted
    "z = [x, y]\n    assert z.append(y) is None\n    return z[2] * len(z)",
    "z = x * 1\n    assert bump(z)\n    return z",
    "assert isinstance(x, np.ndarray) and np.isfinite(x).all(), f'{x}'\n    return x",
    "assert x.shape == (3, 4)\n    assert np.all(x > -100)\n    return x",
    # what is used up
    "z = reversed([1, 2, 3])\n    return x * (sum([v for v in z]) + sum([v for v in z]))",
    "z = zip([1, 2, 3], [x, y, x])\n    s = 0\n    for k, a in z:\n        s = s + k * a\n        if k == 2:\n            break\n"
    "    for k, a in z:\n        s = s + 10 * k * a\n    return s",
    "z = enumerate([x, y])\n    (i, a), (j, b) = z\n    return a * i + b * j + sum([k for k, _ in z])",
    "z = reversed([1, 2])\n    return x * len([*z, *z])",
    "z = zip([1, 2], [3, 4])\n    return x * max([a * b for a, b in z]) + max([0, *[a for a, b in z]])",
    "a = [1, 2, 3]\n    z = enumerate(zip(a, reversed(a)))\n    a.append(5)\n    return x * sum([i * p - q for i, (p, q) in z])",
    "return x if zip([]) else y",
    # what is seen later
    "a = [1]\n    z = zip(a, [1, 2, 3])\n    a.append(5)\n    return x * sum([p * q for p, q in z])",
    "t = {'a': 1}\n    v = t.values()\n    t['b'] = 5\n    return x * sum(v) * len(v)",
    "t = {'a': x, 'b': y}\n    return x if 'b' in t.keys() and t.items() else y",
    "t = {'a': 1, 'b': 2}\n    s = 0\n    for k in t:\n        s = s + t[k]\n    return x * s",
    "todo, k = [3], 0\n    for d in todo:\n        k += d\n        if d > 1:\n            todo.append(d - 1)\n    return x * k",
    "a = [1, 2, 3]\n    for k, v in enumerate(a):\n        if k < 2:\n            a[k + 1] = a[k + 1] + v\n    return x * a[2]",
    "z = x * 1\n    s = 0\n    for k, row in enumerate(z):\n        s = s + row\n        if k < 2:\n            z[k + 1] = 5\n    return s",
    # variables
    "k = 2.0\n    fs = [lambda v: v * k for _ in range(1)]\n    k = 4.0\n    return fs[0](x)",
    "fs = [lambda v: v * k for k in (1, 2, 3)]\n    return fs[0](x)",
    "k = 2.0\n\n    def mk():\n        return [lambda v: v * k for _ in range(1)]\n\n    fs = mk()\n    k = 4.0\n    return fs[0](x)",
    "def mk(k):\n        def inner(v):\n            return v * k\n\n        k = k + 1\n        return inner\n\n    return mk(2)(x) + mk(5)(y)",
    "K = 5.0\n\n    def inner(v):\n        a = [K for K in (1, 2)]\n        return v * a[1] * K\n\n    return inner(x)",
    "k = 3\n    a = [k for k in range(k)]\n    return x * (k + sum(a))",
    "return x * sum([a * b for a in (1, 2) for b in range(a + 1)])",
    "K = 2.0\n    del K\n    K = 3.0\n    return x * K",
    "return x * sum([0.5] * 900) * len([0] * -5 + [1])",
]  # fmt: skip


@pytest.mark.parametrize("body", BLOCKS)
def test_read_as_python_has_it(tmp_path, body):
    wanted, found, _ = computed_and_read(tmp_path, HEAD, body)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


REFUSED = [
    ("assert (z := 3) > 2\n    return x * z", "subset"),
    ("assert x.fill(0) is None\n    return x", "the method fill"),
    ("assert np.exp(x, out=x) is not None\n    return x", "argument out"),
    ("assert x.shape[0] > 5\n    return x", "does not hold"),
    ("return x if f'{x}' else y", "whose letters are not known"),
    ("t = {f'{x}': y}\n    return x", "whose keys are no texts"),
    ("return x if f'{3:.2f}' == '3.00' else y", "comparison"),
    ("print(f'{y.fill(0)}')\n    return x", "the method fill"),
    ("d = x * K\n    K = 3.0\n    return d", "no value here yet"),
    ("for K in []:\n        pass\n    return x * K", "no value here yet"),
    ("K = 3.0\n    del K\n    return x * K", "no value here yet"),
    ("del K\n    return x", "no value here yet"),
    ("if x.shape[0] > 5:\n        import numpy as K\n    return x * K", "no value here yet"),
    ("return x * sum([b for a in (1, 2) for b in b])", "no value here yet"),
    ("def inner(v):\n        b = v * K\n        K = 2\n        return b\n\n    return inner(x)", "no value here yet"),
    ("return x * len([0] * 1500)", "so many entries"),
    ("return x * sum([1.0] * 2000)", "so many entries"),
    ("a = []\n    return x * a.pop()", "the index -1 of 0"),
    ("return x if str(x) else y", "whose letters are not known"),
    ("z = zip([1], [2])\n    return x * z[0][0]", "a part of this"),
    ("return x * len(zip([1], [2]))", "the length of this"),
    ("a = [1]\n    for v in a:\n        a.append(v)\n    return x", "more than 1000"),
    ("t = {'a': 1}\n    for k in t:\n        t[f'{k}b'] = 2\n    return x", "dictionary that grows"),
    ("return x * sum([a * b for a, b in zip([1, 2], [3], strict=True)])", "other lengths"),
    ("return x * len([v for v in reversed({'a': 1})])", "from the end on"),
    ("z = enumerate(a for a in (x, y))\n    return x", "a generator"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_what_stops_python_or_cannot_be_told_is_refused(tmp_path, body, words):
    path = written(tmp_path, HEAD, body)
    with pytest.raises(SpecError) as caught:
        CodeFile(path, "f").pair()
    assert words in caught.value.problem, caught.value.problem


PAIR = (
    'def f_forward(x: "n"):\n    return np.tanh(x), x\n\ndef f_backward(g, x):\n    return g * (1 - np.tanh(x) ** 2)\n'
)
CLASS = (
    "class Foo:\n    k = 2.0\n\n    def forward(self, x: 'n'):\n        self.x = x\n        return x * self.k\n\n"
    "    def backward(self, g):\n        return 2 * g\n\n"
)
PATCHED = [
    ("def patch(m):\n    m.tanh = m.sin\n\npatch(np)\n", PAIR, "attribute"),
    ("def patch():\n    m = np\n    m.tanh = m.sin\n\npatch()\n", PAIR, "a library"),
    ("class P:\n    def f(self):\n        self.tanh = self.sin\n\nP.f(np)\n", PAIR, "a library"),
    ("class P:\n    def f(self):\n        self.norm = 3\n\nP.f(np.linalg)\n", PAIR, "a library"),
    ("m = [np]\n", PAIR, "a library"),
    ("from numpy import linalg\n\nm = linalg\n", PAIR + "\nz = linalg.norm\n", "a library"),
    ("", CLASS + "def setup(c):\n    c.k = 3.0\n\nsetup(Foo)\n", "attribute"),
    ("", CLASS + "class S:\n    def go(self):\n        self.k = 3.0\n\nS.go(Foo)\n", "a class"),
    ("", CLASS + "Other = Foo\n", "a class"),
    ("def f_forward(x: 'n'):\n    return x, x\n\nf_forward.k = 3\n", "", "could change"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "behind", "words"), PATCHED)
def test_nothing_is_patched_under_another_name(tmp_path, before, behind, words):
    path = tmp_path / "f.py"
    path.write_text(f"import numpy as np\n\n{before}\n{behind}")
    with pytest.raises(SpecError, match=words):
        CodeFile(path, "Foo" if "Foo" in behind else "f").pair()


@pytest.mark.parametrize(
    "behind", [CLASS, CLASS + "foo = Foo()\nprint(isinstance(foo, Foo), foo.forward(np.ones(3)))\n"]
)
def test_classes_that_set_their_own_attributes_are_read(tmp_path, behind):
    path = tmp_path / "f.py"
    path.write_text(f"import numpy as np\n\n{behind}")
    assert [gradient.argument for gradient in CodeFile(path, "Foo").pair().gradients] == ["x"]


@pytest.mark.parametrize(
    ("line", "is_read"),
    [("# coding: utf-8", True), ("# -*- coding: latin-1 -*-", True), ("# vim: set fileencoding=ascii", True),
     ("# coding: utf-7", False), ("# coding: cp037", False), ("# coding: nonsense", False)],
)  # fmt: skip
def test_a_file_is_in_the_encoding_that_it_declares(tmp_path, line, is_read):
    path = tmp_path / "f.py"
    path.write_text(f"{line}\nimport numpy as np\n\n{PAIR}    #+AAo-    return 0 * g\n")
    if is_read:
        assert CodeFile(path, "f").pair().gradients
    else:
        with pytest.raises(SpecError, match="UTF-8"):
            CodeFile(path, "f")


def test_letters_beyond_those_of_a_declared_encoding_are_refused(tmp_path):
    path = tmp_path / "f.py"
    path.write_text(f"# coding: latin-1\nimport numpy as np\n\n{PAIR}\n# ä\n")
    with pytest.raises(SpecError, match="UTF-8"):
        CodeFile(path, "f")


def test_a_shape_below_0_has_no_forward_pass(tmp_path):
    body = "z = np.empty(x.shape[0] - 4)\n    return x"
    path = written(tmp_path, HEAD, body)
    with pytest.raises(SpecError, match="a shape that holds -1"):
        CodeFile(path, "f").pair()
