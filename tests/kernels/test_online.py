"""Attention in the gradients of CuPy modules: tile by tile, without scores and weights in memory, held to NumPy."""

import re
import sys
from functools import cache

import numpy as np
import pytest
from support.emulated import kernel_source, shows
from support.long_tests import often, one_in, one_row_in
from support.modules import load
from support.optional import require
from test_tf32 import named_in_header

from dyadic.codegen import emit
from dyadic.codegen.assembly import emit_module
from dyadic.codegen.cubin import compile_cubin, find_nvrtc
from dyadic.codegen.cupy_target import CupyTarget
from dyadic.codegen.emulator.double_text import in_double
from dyadic.codegen.emulator.module_comparison import differences, draw, worst
from dyadic.codegen.emulator.stand_in import stand_in
from dyadic.codegen.evidence import evidence
from dyadic.codegen.loops.nest import on_tensor_cores
from dyadic.codegen.loops.tensor_cores import FORMATS
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.granularity import with_granularity


def multi_head(n=21, d=5, heads=2, lead=(), **options):
    """A projection in front, so that the attention has a child and a parent."""
    layers = [
        {"name": "a", "type": "dense", "units": d * heads, "activation": "tanh"},
        {"name": "b", "type": "multi_head_attention", "heads": heads, **options},
    ]
    spec = {"inputs": {"x": {"shape": [*lead, n, 3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(spec))


def attention(n, m, d, e, lead=(2,), mask=None, learned=None, keys=None, **options):
    """Queries, keys and values from three inputs; a mask that is given, or one that is learned."""
    shapes = {"q": [*lead, n, d], "k": [*(lead if keys is None else keys), m, d], "v": [*lead, m, e]}
    layers = [{"name": f"{k}0", "type": "dense", "units": shape[-1], "inputs": [k]} for k, shape in shapes.items()]
    inputs = ["q0", "k0", "v0", *(["mask"] if mask or learned else [])]
    layers.append({"name": "b", "type": "attention", "inputs": inputs, **options})
    spec = {"inputs": {k: {"shape": shape} for k, shape in shapes.items()}, "layers": layers}
    spec |= {"cost": {"type": "squared_error"}}
    if mask:
        values = np.cos(np.arange(np.prod(mask))).reshape(mask).tolist()
        spec["constants"] = {"mask": {"shape": list(mask), "values": values}}
    if learned:
        spec["parameters"] = {"mask": {"shape": list(learned)}}
    return derive(architecture(spec))


def written_out(n, m, d, e, mask=None):
    """Products, a scale, perhaps a mask, and a softmax, operation by operation, read as one layer."""
    shapes = {"q": [2, n, d], "k": [2, d, m], "v": [2, m, e]}
    layers = [{"name": f"{k}0", "type": "dense", "units": shape[-1], "inputs": [k]} for k, shape in shapes.items()]
    layers += [
        {"name": "scores", "type": "matmul", "inputs": ["q0", "k0"]},
        {"name": "scaled", "type": "scale", "factor": 0.25},
        *([{"name": "masked", "type": "add", "inputs": ["scaled", "mask"]}] if mask else []),
        {"name": "weights", "type": "softmax"},
        {"name": "b", "type": "matmul", "inputs": ["weights", "v0"]},
    ]
    spec = {"inputs": {k: {"shape": shape} for k, shape in shapes.items()}, "layers": layers}
    if mask:
        spec["constants"] = {"mask": {"shape": list(mask), "values": np.sin(np.arange(n * m)).reshape(mask).tolist()}}
    return derive(with_granularity(architecture(spec | {"cost": {"type": "squared_error"}}), "layer"))


NETWORKS = {
    "written out": lambda: written_out(19, 21, 3, 5),
    "written out, mask": lambda: written_out(5, 18, 4, 3, (5, 18)),
    "decoder": lambda: multi_head(causal=True),
    "encoder": lambda: multi_head(17, 6, 3),
    "leading axes": lambda: multi_head(5, 3, 2, (2, 3), causal=True),
    "no bias": lambda: multi_head(4, 1, 1, bias=False),
    "cross": lambda: attention(9, 35, 3, 20),
    "few keys": lambda: attention(19, 2, 17, 1, ()),
    "wide values": lambda: attention(3, 18, 2, 37, ()),
    "causal, more keys": lambda: attention(7, 23, 4, 3, causal=True),
    "causal, more queries": lambda: attention(23, 7, 4, 3, causal=True),
    "deep": lambda: attention(3, 18, 19, 2),
    "scaled": lambda: attention(6, 6, 4, 4, scale=0.3),
    "mask": lambda: attention(20, 33, 4, 3, mask=(20, 33)),
    "mask of keys": lambda: attention(5, 18, 4, 3, mask=(18,)),
    "learned mask": lambda: attention(5, 18, 4, 3, learned=(5, 18)),
    "learned mask of keys": lambda: attention(5, 18, 4, 3, learned=(1, 18)),
    "learned mask of queries": lambda: attention(5, 18, 4, 3, learned=(5, 1)),
}

USUAL = ("decoder", "cross", "mask", "learned mask", "written out")


pytestmark = pytest.mark.usefixtures("compiler")


@cache
def derived(name):
    return NETWORKS[name]()


def compared(derivation, monkeypatch, batch=2, order=0, change=None, dtype="float64", text=None):
    """The largest difference from the NumPy module; ``change``: of the parameters."""
    monkeypatch.setitem(sys.modules, "cupy", stand_in(order))
    module = load(text or emit(derivation, "cupy", dtype).text, "emitted_cupy")
    reference = load(emit(derivation, "numpy", dtype), "emitted_numpy")
    params, x, y = draw(derivation, reference, batch, 3, dtype)
    if change:
        change(params)
    return worst(differences(module, reference, (params, x, y)))


# -- the emitted modules -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "batch"), one_row_in(6, [(5, 3), (0, 1), (1, 2)]))
@pytest.mark.parametrize("name", often(NETWORKS, lambda name: name in USUAL))
def test_equals_numpy(name, order, batch, monkeypatch):
    assert "online=True" in emit(derived(name), "cupy", "float64").text
    where, difference = compared(derived(name), monkeypatch, batch, order)
    assert difference < 1e-12, where


def hide(params):
    """The first tile of keys is hidden from all queries, all keys but one from one, all from another (by a number)."""
    params["mask"] = params["mask"].copy()
    params["mask"][:, :17] = -np.inf
    params["mask"][3, :-1] = -np.inf
    params["mask"][4] = -1e30


def test_hidden_keys(monkeypatch):
    """A row from which all is hidden by a number has equal weights, as in the equations."""
    where, difference = compared(derived("mask"), monkeypatch, change=hide)
    assert difference < 1e-12, where


def test_large_scores(monkeypatch):
    def enlarge(params):
        params["q0.weight"] *= 300
        params["k0.weight"] *= 300

    where, difference = compared(derived("cross"), monkeypatch, change=enlarge)
    assert difference < 1e-9, where  # of scores of 1e5, 1e-11 are lost in both


@pytest.mark.parametrize("name", one_in(4, ["decoder", "mask"]))
def test_single_precision(name, monkeypatch):
    where, difference = compared(derived(name), monkeypatch, dtype="float32")
    assert difference < 1e-4, where


def test_gradients_keep_nothing_as_large_as_the_scores(monkeypatch):
    made = []
    cupy = stand_in()
    empty = cupy.empty
    cupy.empty = lambda shape, dtype: made.append(int(np.prod(shape))) or empty(shape, dtype)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    derivation = multi_head(n=29, d=4, causal=True)
    module = load(emit(derivation, "cupy", "float64").text, "emitted_cupy")
    given = draw(derivation, module, 3, 3)
    scores = 3 * 2 * 29 * 29
    module.gradients(*given, workspace=module.Workspace())
    assert max(made) < scores / 2
    small, made[:] = sum(made), []
    module.wavefront(*given)
    assert made.count(scores) == 4  # the simulation keeps a, p, and their adjoints
    assert small < sum(made) - 3 * scores


def test_what_the_module_says():
    layers = [{"name": "a", "type": "softmax"}]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    with_it, without = (emit(one, "cupy", "float64").text for one in (derived("decoder"), derive(architecture(spec))))
    assert "attention keeps its explicit form" in with_it
    assert "In 1 of the layers attention is computed tile by tile" in with_it
    assert "online" not in without


def test_shared_keys_keep_the_explicit_form(monkeypatch):
    """Their sensitivity is a sum over the axis that they lack, which is no chain."""
    derivation = attention(5, 6, 4, 3, lead=(2,), keys=())
    assert "online" not in emit(derivation, "cupy", "float64").text
    assert compared(derivation, monkeypatch)[1] < 1e-12


def test_of_two_layers_the_one_that_fits(monkeypatch):
    """The keys of the second have no sensitivity tile by tile: it lacks the axis that the scores have."""
    layers = [
        {"name": "q0", "type": "dense", "units": 4, "inputs": ["q"]},
        {"name": "k0", "type": "dense", "units": 4, "inputs": ["k"]},
        {"name": "a", "type": "attention", "inputs": ["q0", "q0", "q0"]},
        {"name": "b", "type": "attention", "inputs": ["a", "k0", "a"]},
    ]
    spec = {"inputs": {"q": {"shape": [2, 5, 3]}, "k": {"shape": [5, 3]}}, "layers": layers}
    derivation = derive(architecture(spec | {"cost": {"type": "squared_error"}}))
    assert "In 1 of the layers attention" in emit(derivation, "cupy", "float64").text
    assert compared(derivation, monkeypatch)[1] < 1e-12


def test_values_too_wide_for_registers_keep_the_explicit_form():
    assert CupyTarget(attention(3, 3, 2, 1024, ()), "float64").online is not None
    assert CupyTarget(attention(3, 3, 2, 1025, ()), "float64").online is None


@pytest.mark.parametrize("tensor_cores", [None, *FORMATS])
def test_products_that_both_forms_need_are_written_once(tensor_cores):
    made = CupyTarget(multi_head(64, 32), "float32", tensor_cores)
    emit_module(made)
    assert {name.rpartition("online_")[2] for name in made.nests if "_online_" in name} == {
        "o", "k_bar", "l_bar", "q_bar", "v_bar"
    }  # fmt: skip


def kernels_of(text):
    """The text of each kernel by its name."""
    parts = re.split(r'(?=extern "C" __global__ )', kernel_source(text))[1:]
    return {re.search(r"(\w+)\(\s*const", part)[1]: part for part in parts}


@pytest.mark.long
@pytest.mark.parametrize("form", one_in(6, reversed(FORMATS)))
def test_with_tensor_cores_attention_stays_as_it_is_and_the_module_says_so(form, monkeypatch):
    """All other products go there; without their rounding the whole module equals NumPy's."""
    derivation = multi_head(18, 16, causal=True)
    made = CupyTarget(derivation, "float32", form)
    text, usual = emit_module(made), emit(derivation, "cupy", "float32").text
    online = {name for name in made.nests if "_online_" in name}
    assert len(online) == 5
    assert {name: kernels_of(text)[name] for name in online} == {name: kernels_of(usual)[name] for name in online}
    there = [name for name, one in made.nests.items() if on_tensor_cores(one)]
    assert len(there) >= 10
    assert not online & set(there)
    assert named_in_header(text) == there
    assert f"These tiles are multiplied in float32, with no factor rounded to {form}." in text
    replaced = re.search(rf"Nor does it run these kernels, which round factors to {form}:([^.]*)[.]", text)[1]
    parts = ("a", "o", "p_bar", "v_bar", "k_bar", "q_bar")  # the products with scores, weights and their adjoints
    assert set(re.findall(r"\w+", replaced)) == {f"multi_head_attention_{part}" for part in parts}
    assert not re.search("tiles are multiplied in|Nor does it run", usual)
    small = emit(multi_head(8, 8, causal=True), "cupy", "float32", tensor_cores=form).text
    assert "tiles are multiplied in" in small
    assert "multi_head_attention_q" in small.split('"""')[1]
    assert "Nor does it run" not in small
    where, difference = compared(derivation, monkeypatch, order=5, text=in_double(text))
    assert difference < 1e-12, where


def test_verify_shows_all_of_it():
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    findings = list(evidence(multi_head(9, 3, causal=True), "float64"))
    assert {finding.outcome for finding in findings} == {"shown"}
    assert "multi_head_attention_online_o" in {finding.subject for finding in findings}


ARCHS = ("sm_80", "sm_90", "sm_100", "sm_120")
COMPILED = [(arch, dtype, d) for d in (64, 128) for dtype in ("float32", "float64") for arch in ARCHS]


@pytest.mark.parametrize(("arch", "dtype", "d"), one_row_in(12, COMPILED))
def test_compiles_within_limits(arch, dtype, d):
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    text = emit(multi_head(256, d, causal=True), "cupy", dtype).text
    kernels = compile_cubin(kernel_source(text), arch).kernels
    found = {name: used for name, used in kernels.items() if "_online_" in name}
    assert len(found) == 5
    for name, used in found.items():
        assert used.spills == 0, name
        assert used.shared <= 31 * 1024, name
        assert used.registers <= 168, name


# -- wrong texts ---------------------------------------------------------------------------------------------------


TEXTS = {
    "results not rescaled": ("sum[0][down][0] = factor[down] * sum[0][down][0];", ""),
    "sum not rescaled": ("total_own[down] = factor[down] * total_own[down];", ""),
    "mask left out of the weight": (" && i - j >= 0 && i - j < 67 ? exp(score", " ? exp(score"),
    "tile not covered": ("start < 67; start += 32", "start < 64; start += 32"),
    "tile skipped that is seen": ("31 - start >= 0", "0 - start > 0"),
    "barrier": (" = highest[down];\n            }\n            __syncthreads();", " = highest[down];\n            }"),
    "row sum of the sensitivities": ("l_bar_value = -total", "l_bar_value = total"),
    "row of another query": ("* 67 + i] = l_top_value", "* 67 + 0] = l_top_value"),
}


@pytest.mark.parametrize("mistake", one_in(6, TEXTS))
def test_wrong_texts_are_caught(mistake, monkeypatch):
    old, new = TEXTS[mistake]
    derivation = multi_head(67, 3, 1, causal=True)
    text = emit(derivation, "cupy", "float64").text
    assert old in text
    assert shows(lambda order: compared(derivation, monkeypatch, 2, order, text=text.replace(old, new))[1])
