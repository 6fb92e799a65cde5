"""A name means what Python makes of it: the file may bind it otherwise, and the body of a class has its own."""

import pytest
from passes.decided import PROVED, REFUSED, REFUTED, decided, pair_of
from support.long_tests import one_row_in

OTHERWISE = [
    ("if True:\n    def abs(v):\n        return v * 3\n", "abs(x)", "np.sign(x)"),
    ("try:\n    def max(a, b):\n        return a + b\nexcept NameError:\n    pass\n", "x * max(1, 4)", "4"),
    ("from operator import mul as pow\n", "x * pow(3, 2)", "9"),
    ("from mylib import max\n", "x * max(1, 4)", "4"),
    ("import operator as len\n", "x * len(x)", "x.shape[0]"),
    ("for sum in (np.prod,):\n    pass\n", "x * sum([2, 4])", "6"),
    ("with open('f') as max:\n    pass\n", "x * max(1, 4)", "4"),
    ("class range:\n    pass\n", "x * len([k for k in range(3)])", "3"),
    ("def len(v, k=(max := min)):\n    return 2\n", "x * max(1, 4)", "4"),
    ("K = 2.0\n\ndef h(v, k=(K := 3.0)):\n    return v\n", "x * K", "2"),
    ("K = 2.0\n\nclass C(list if (K := 3.0) else list):\n    pass\n", "x * K", "2"),
    ("from jax import grad as jit\n\n@jit\ndef h(v):\n    return 3 * v\n", "h(x)", "3"),
    ("def staticmethod(f):\n    return f\n\nclass C:\n    @staticmethod\n    def h(v):\n        return 3 * v\n",
     "C.h(x)", "3"),
    ("class C:\n    def staticmethod(f):\n        return lambda v: 3 * v\n\n@C.staticmethod\ndef h(v):\n    return v\n",
     "h(x)", "1"),
    ("from mylib import all\n", "assert all(x, np)\nreturn x", "1"),
    ("import mylib\n", "assert mylib.all(x)\nreturn x", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "value", "slope"), one_row_in(3, OTHERWISE))
def test_a_name_that_the_file_binds_otherwise_is_not_pythons(tmp_path, head, value, slope):
    forward = value.replace("return x", "return x, x") if "return" in value else f"return {value}, x"
    assert decided(tmp_path, pair_of(forward, slope, head)) == REFUSED


@pytest.mark.parametrize(("head", "value", "slope"), [
    ("", "abs(x)", "np.sign(x)"),
    ("def abs(v):\n    return v * 3\n", "abs(x)", "3"),
    ("def wide(v, k=4):\n    return v * k\n", "wide(x) + max(1, 4) * x", "8"),
    ("from jax import jit\n\n@jit\ndef h(v):\n    return 3 * v\n", "h(x)", "3"),
])  # fmt: skip
def test_other_names_are(tmp_path, head, value, slope):
    assert decided(tmp_path, pair_of(f"return {value}, x", slope, head)) == PROVED
    assert decided(tmp_path, pair_of(f"return {value}, x", f"2 * {slope}", head)) == REFUTED


def test_a_variable_of_the_function_shadows_a_decorator(tmp_path):
    forward = "jit = lambda h: lambda v: h(h(v))\n@jit\ndef h(v):\n    return 3 * v\nreturn h(x), x"
    assert decided(tmp_path, pair_of(forward, "3", "from jax import jit\n")) == REFUSED


CLASS = """import numpy as np
K = 10.0
class f(BASE):
    BODY
    def forward(self, x: "n", w=K):
        return x * SLOPE
    def backward(self, g):
        return 6 * g
    BEHIND
"""


def of_class(body="pass", slope="6", behind="pass", head="", base="object"):
    text = CLASS.replace("BODY", body.replace("\n", "\n    ")).replace("BEHIND", behind.replace("\n", "\n    "))
    return text.replace("SLOPE", slope).replace("BASE", base).replace("K = 10.0\n", f"K = 10.0\n{head}")


METHOD = "def h(self, v, k={}):\n    return v * k\n"
BODIES = [
    ("K = 2.0\nM = K * 3", "self.M", PROVED),
    ("K = 2.0\nM = K * 2", "self.M", REFUTED),
    ("M = K * 0.6\nK = 2.0", "self.M", PROVED),
    ("M = K * 3\nK = 2.0", "self.M", REFUTED),
    ("K = K - 4", "self.K", PROVED),
    ("K = K - 4", "w", PROVED),
    ("K = K - 4", "K", REFUTED),
    ("K = 6.0", "w", PROVED),
    ("K = 6.0", "K", REFUTED),
    (METHOD.format("K") + "K = 6.0", "1 * self.h(1)", REFUTED),
    ("K = 6.0\n" + METHOD.format("K"), "1 * self.h(1)", PROVED),
    ("K = 2.0\nKS = (K, K, 6.0)", "self.KS[0]", REFUTED),
    ("K = 2.0\nKS = (K, K, 6.0)", "f.KS[2]", PROVED),
    ("k: float = 6.0", "self.k", PROVED),
    ("k = 6.0\nk = 7.0", "self.k", REFUSED),
    ("k = 6.0\nk += 1", "self.k", REFUSED),
    ("k = 6.0\n@property\ndef k(self):\n    return 3.0", "self.k", REFUSED),
    ("k = 6.0\ndef k(self):\n    return 3.0", "self.k", REFUSED),
    ("k = 6.0\nimport math as k", "self.k", REFUSED),
    ("if K > 3:\n    k = 6.0", "self.k", REFUSED),
    ("k, m = 6.0, 7.0", "self.k", REFUSED),
    ("k = 6.0\nfor k in (1, 2):\n    pass", "self.k", REFUSED),
    ("K = 2.0\nM = [K for _ in (1,)][0]", "self.M", REFUSED),
    ("K = 2.0\nk = (lambda: K)() - 4", "self.k", REFUSED),
    ("z = np.zeros(())\nz[...] = 5", "(6 + self.z)", REFUSED),
    ("def __getattribute__(self, name):\n    return 3\nk = 6.0", "self.k", REFUSED),
    ("def __init__(self):\n    self.forward = self.other\ndef other(self, x):\n    return 3 * x", "6", REFUSED),
    ("@property\ndef k(self):\n    return 3.0\ndef __init__(self):\n    self.k = 6.0", "self.k", REFUSED),
    ("def all(self, v):\n    print(unknown)\n    v *= 3\n    return True", "6 * self.h(x)", REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("body", "slope", "verdict"), one_row_in(3, BODIES))
def test_the_body_of_a_class_is_executed_in_order_with_names_of_its_own(tmp_path, body, slope, verdict):
    assert decided(tmp_path, of_class(body, slope)) == verdict


@pytest.mark.parametrize(("behind", "verdict"), [
    ("pass", PROVED),
    ("forward = lambda self, x: 3 * x", REFUSED),
    ("if True:\n    def backward(self, g):\n        return g", REFUSED),
    ("from mylib import forward", REFUSED),
    ("del backward", REFUSED),
])  # fmt: skip
def test_what_is_set_behind_a_pass_takes_its_place(tmp_path, behind, verdict):
    assert decided(tmp_path, of_class(behind=behind)) == verdict


@pytest.mark.parametrize(("head", "verdict"), [
    ("class Base:\n    pass\n", PROVED),
    ("class Base:\n    def __init__(self):\n        self.k = 7.0\n", REFUSED),
    ("class Base:\n    def __setattr__(self, name, value):\n        pass\n", REFUSED),
    ("class M(type):\n    pass\nclass Base(metaclass=M):\n    pass\n", REFUSED),
    ("def made():\n    return object\nclass Base(made()):\n    pass\n", REFUSED),
])  # fmt: skip
def test_classes_above_a_pair(tmp_path, head, verdict):
    assert decided(tmp_path, of_class("k = 6.0", "self.k", head=head, base="Base")) == verdict


def test_what_is_asserted_may_call_a_method_of_the_class(tmp_path):
    method = "def all(self, v):\n    print(unknown)\n    v *= 3\n    return True\n"
    text = of_class(method, "6").replace(
        "        return x * 6", "        y = x * 6\n        assert {}(y)\n        return y"
    )
    assert decided(tmp_path, text.replace("{}", "self.all")) == REFUSED
    assert decided(tmp_path, text.replace("{}", "np.isfinite")) == PROVED


def test_a_number_that_a_class_draws_is_drawn_once(tmp_path):
    text = of_class("k = np.random.rand()", "self.k").replace("6 * g", "self.k * g")
    assert decided(tmp_path, text) == PROVED
    assert decided(tmp_path, text.replace("self.k * g", "np.random.rand() * g")) == REFUTED


@pytest.mark.parametrize("head", ["K = K + 1\n", "K = L\nL = K\n"])
def test_a_name_that_is_set_by_itself_is_refused(tmp_path, head):
    assert decided(tmp_path, pair_of("return x * K, x", "1", head)) == REFUSED


VIEWED = "import numpy as np\n\ndef other(x: 'n m'):\n    {}\n\ndef f_forward(x: 'n'):\n    return 2 * x, x\n\n"
VIEWED += "def f_backward(g, x):\n    return {} * g\n"


@pytest.mark.parametrize(
    "write", ["x.ravel()[:] = 1", "x.flatten()[0] = 1", "x.reshape(-1)[1:] *= 2", "x.T.view(3)[0] = 1"]
)
def test_a_write_into_a_view_changes_no_library(tmp_path, write):
    """It stands in a function that the pair does not call."""
    assert decided(tmp_path, VIEWED.format(write, 2)) is PROVED
    assert decided(tmp_path, VIEWED.format(write, 3)) is REFUTED


@pytest.mark.parametrize(
    "write", ["np.ravel(x)['exp'] = 1", "np.view()['exp'] = 1", "made()['exp'] = 1", "np.__dict__.view()['exp'] = 1"]
)
def test_one_into_what_is_no_array_may(tmp_path, write):
    assert decided(tmp_path, VIEWED.format(write, 2)) is REFUSED
