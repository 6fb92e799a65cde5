"""Contractions on tensor cores in float16 and bfloat16: what modules say, compute and are compiled to."""

from pathlib import Path

import numpy as np
import pytest
from support.command import run
from support.emulated import shows
from support.long_tests import one_in
from support.modules import random_state, same_bits
from support.optional import require
from support.sixteen_bits import UNITS, bound, nearest16
from test_tf32 import NETWORKS, compiled_loops, named_in_header, network, table, written

from dyadic import DyadicError
from dyadic.cli import commands
from dyadic.codegen import emit
from dyadic.codegen import evidence as under_test
from dyadic.codegen.cubin import find_nvrtc
from dyadic.codegen.emulator import EmulationError
from dyadic.codegen.emulator.double_text import in_double
from dyadic.codegen.emulator.module_comparison import differences, finite_draw, worst
from dyadic.codegen.emulator.stand_in import loaded
from dyadic.codegen.evidence import evidence
from dyadic.codegen.loops import schedule
from dyadic.codegen.loops.tensor_cores import FORMATS
from dyadic.codegen.sass import find_nvdisasm

GOLDEN = Path(__file__).parent / "golden"
FORMS = ("float16", "bfloat16")


# -- asked for, and said -------------------------------------------------------------------------------------------


def test_the_module_says_so():
    text = written(NETWORKS["dense"](), "float16")
    head = " ".join(text.split('"""')[1].split())
    assert "Regenerate: dyadic emit SPEC --target cupy --dtype float32 --tensor-cores float16 A" in head
    assert "rounded to float16, which has 10 bits of fraction (relative error up to 2^-11 each;" in head
    assert "up to 2^-25 below 2^-14; infinity from 65520 on); their products are added in float32, and all else" in head
    multiply = [part.partition("(")[0] for part in text.split("__global__ void ")[1:] if "float16_product(" in part]
    assert len(multiply) == 5
    assert named_in_header(text) == multiply
    other = " ".join(written(NETWORKS["dense"](), "bfloat16").split('"""')[1].split())
    assert "which has 7 bits of fraction (relative error up to 2^-8 each); their products" in other


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("target", "dtype"), [("cupy", "float64"), ("numpy", "float32")])
def test_it_is_refused_elsewhere(target, dtype, form):
    with pytest.raises(DyadicError, match=f"tensor cores are for the target cupy in float32, not for {target}"):
        emit(NETWORKS["dense"](), target, dtype, tensor_cores=form)


def test_the_command(tmp_path):
    (option,) = [one for one in commands.commands["emit"].params if one.name == "tensor_cores"]
    assert tuple(option.type.choices) == tuple(FORMATS)
    path = tmp_path / "small.toml"
    path.write_text(
        'name = "small"\n[inputs.x]\nshape = [17]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 16\n'
        '[cost]\ntype = "squared_error"\n'
    )
    done = run("emit", path, "--target", "cupy", "--dtype", "float32", "--tensor-cores", "bfloat16")
    assert done.returncode == 0, done.stderr
    assert "Tensor cores in bfloat16 were asked for." in done.stdout
    refused = run("emit", path, "--target", "cupy", "--tensor-cores", "float8")
    assert refused.returncode == 2


# -- modules -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("order", one_in(6, [5, 0, 1]))
@pytest.mark.parametrize("name", NETWORKS)
def test_without_the_rounding_it_equals_numpy(name, order):
    derivation = NETWORKS[name]()
    text, reference = written(derivation, FORMS[order % 2]), loaded(emit(derivation, "numpy", "float64").text)
    assert len(named_in_header(text)) >= 3
    for batch in (9, 3):
        given = finite_draw(derivation, reference, batch, 0)
        where, difference = worst(differences(loaded(in_double(text), order), reference, given))
        assert difference < 1e-12, where


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("tiles", one_in(4, schedule._WARP_TILES))
def test_the_text_of_every_tile_equals_numpy(tiles, monkeypatch):
    monkeypatch.setattr(schedule, "_WARP_TILES", (tiles,))
    derivation = NETWORKS["dense"]()
    text, reference = written(derivation, "bfloat16"), loaded(emit(derivation, "numpy", "float64").text)
    given = finite_draw(derivation, reference, 37, 0)
    where, difference = worst(differences(loaded(in_double(text), 5), reference, given))
    assert difference < 1e-12, where


def linear(inputs, units):
    return network({"type": "dense", "name": "a", "units": units, "bias": False},
                   {"type": "dense", "name": "d", "units": units, "bias": False}, x=(inputs,))  # fmt: skip


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("form", FORMS)
def test_it_is_as_near_to_the_exact_sum_as_the_bound_says(form):
    """Of numbers of all sizes, and of such that the bound is nearly met; half the unit would not do."""
    module = loaded(written(linear(50, 48), form))
    random = np.random.default_rng(3)
    unit, tiny = UNITS[form]
    up = np.full((48, 50), 1 + unit * (1 + 2.0**-12))
    cases = [
        tuple(random.normal(size=shape) * 4.0 ** random.integers(-8, 4, shape) for shape in ((33, 50), (48, 50))),
        (up[:33], up),
        (np.full((33, 50), 0.49 * 2 * tiny if form == "float16" else 1e-3), up),
    ]
    reached = []
    for x, w in cases:
        x, w = (np.asarray(one, np.float32) for one in (x, w))
        params = {"a.weight": w, "d.weight": np.eye(48, dtype=np.float32)}
        found = module.wavefront(params, x, np.zeros((33, 48), np.float32)).x["a"].astype(np.float64)
        left, right = x.astype(np.float64), w.T.astype(np.float64)
        error, allowed = np.abs(found - left @ right), bound(left, right, form)
        assert np.all(error <= allowed)
        reached.append(np.max(error / allowed))
    assert reached[0] > 0.02
    assert reached[1] > 0.95
    assert form == "bfloat16" or reached[2] > 0.95


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("form", FORMS)
def test_it_equals_numpy_with_rounded_factors(form):
    """The forward pass in single precision, and the adjoint and gradients of what it gives."""
    text = written(linear(40, 36), form)
    random = np.random.default_rng(2)
    params = {
        n: (random.normal(size=shape) / 4).astype(np.float32)
        for n, shape in (("a.weight", (36, 40)), ("d.weight", (36, 36)))
    }
    x, y = (random.normal(size=shape).astype(np.float32) for shape in ((33, 40), (33, 36)))
    module = loaded(text)
    state = module.wavefront(params, x, y)
    _, gradients = module.gradients(params, x, y)

    def near(values):
        return nearest16(values, form)

    s = state.s["d"]
    pairs = [
        (state.x["a"], near(x) @ near(params["a.weight"]).T),
        (state.x["d"], near(state.x["a"]) @ near(params["d.weight"]).T),
        (state.s["a"], near(s) @ near(params["d.weight"])),
        (gradients["d.weight"], near(s).T @ near(state.x["a"]) / 33),
        (gradients["a.weight"], near(state.s["a"]).T @ near(x) / 33),
    ]
    for found, wanted in pairs:
        assert found.dtype == np.float32
        assert np.max(np.abs(found - wanted)) < 1e-6 * np.max(np.abs(wanted))
    exact = x.astype(np.float64) @ params["a.weight"].T.astype(np.float64)
    assert np.max(np.abs(state.x["a"] - exact)) > 1e-4 * np.max(np.abs(exact))


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("form", FORMS)
def test_relaxation_is_bitwise_exact(form):
    module = loaded(written(NETWORKS["dense"](), form))
    random = np.random.default_rng(2)
    params = {name: (random.normal(size=shape) / 4).astype(np.float32) for name, shape in module.PARAMETERS.items()}
    for batch in (9, 3):
        given = params, *(random.normal(size=(batch, n)).astype(np.float32) for n in (35, 3))
        exact, relaxed = module.wavefront(*given), module.relax(*given, state=random_state(module, batch, 4))
        assert all(same_bits(relaxed.x[n], exact.x[n]) and same_bits(relaxed.s[n], exact.s[n]) for n in module.VERTICES)
        found, wanted = module.energy_gradient(params, given[1], relaxed), module.gradients(*given)[1]
        assert all(same_bits(found[n], wanted[n]) for n in wanted)


BROKEN = {
    "halves exchanged on one side": ("float16_pair(left_next[2 * load], left_next[2 * load + 1])",
                                     "float16_pair(left_next[2 * load + 1], left_next[2 * load])"),
    "transposed fragment": ("left_own[0][1], left_own[1][0]", "left_own[1][0], left_own[0][1]"),
    "wrong lane map": ("quad = threadIdx.x % 32 / 4;", "quad = threadIdx.x % 32 / 8;"),
    "not all lanes": ("float16_product(&sum", "if (quad > 0) float16_product(&sum"),
    "barrier removed": ("        __syncthreads();\n    }\n", "    }\n"),
    "stale tile": ("stage = start / 32 % 2;", "stage = 0;"),
    "odd terms left out": ("2 * (place % 16) + load % 2 + start", "2 * (place % 16) + start"),
    "operands of the instruction exchanged": ("{%8, %9}", "{%9, %8}"),
    "one number twice": ('"f"(high), "f"(low)', '"f"(low), "f"(low)'),
    "half the depth": ("for (int deep = 0; deep < 2;", "for (int deep = 0; deep < 1;"),
    "not volatile": ("asm volatile(", "asm("),
}  # fmt: skip


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("mistake", one_in(6, BROKEN))
def test_a_mistake_in_the_text_is_found(mistake):
    old, new = BROKEN[mistake]
    derivation = network({"type": "dense", "name": "d", "units": 36, "activation": "tanh"}, x=(71,))
    text, reference = written(derivation, "float16"), loaded(emit(derivation, "numpy", "float64").text)
    assert old in text
    given = finite_draw(derivation, reference, 33, 0)
    wrong = in_double(text.replace(old, new))
    assert shows(lambda order: worst(differences(loaded(wrong, order), reference, given))[1])


@pytest.mark.usefixtures("compiler")
def test_rounding_left_out_is_found():
    """In the text in double, where a pair holds what it is given."""
    text = in_double(written(linear(40, 36), "float16"), rounded=True).replace("cvt.rn.f16x2.f32", "mov.pair")
    module = loaded(text)
    random = np.random.default_rng(2)
    with pytest.raises(EmulationError, match="not rounded"):
        module.gradients(
            {n: random.normal(size=s) for n, s in module.PARAMETERS.items()},
            random.normal(size=(9, 40)),
            random.normal(size=(9, 36)),
        )


@pytest.mark.long
@pytest.mark.usefixtures("compiler")
def test_the_evidence(monkeypatch):
    monkeypatch.setattr(under_test, "find_nvrtc", lambda: None)
    derivation = network({"type": "dense", "name": "d", "units": 18})

    def emulated(form):
        return [one for one in evidence(derivation, "float32", form) if one.method == "emulation"]

    for form, power in (("float16", 11), ("bfloat16", 8)):
        exact, rounding = emulated(form)
        assert (exact.outcome, rounding.outcome) == ("shown", "shown")
        assert f"with factors rounded to {form} (by up to 2^-{power} each), " in rounding.detail
    draw = under_test.finite_draw

    def large(*given):
        params, x, y = draw(*given)
        return params, {name: value * 1e6 for name, value in x.items()}, y

    monkeypatch.setattr(under_test, "finite_draw", large)
    assert [one.outcome for one in emulated("float16")] == ["shown", "not shown"]  # infinite
    assert [one.outcome for one in emulated("bfloat16")] == ["shown", "shown"]


# -- machine code --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compiled():
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    require(find_nvdisasm(), "nvidia-cuda-nvdisasm is not installed")
    found = {}
    for form, width in (("float16", 4096), ("float16", 256), ("bfloat16", 4096)):
        layer = {"type": "dense", "units": width, "bias": False}
        text = written(network({**layer, "name": "e"}, {**layer, "name": "d"}, x=(width,)), form)
        found |= {(f"{form} {width}", *key): value for key, value in compiled_loops(text)}
    return found


@pytest.mark.long
def test_the_table(compiled, request):
    path = GOLDEN / "sass_sixteen_bits.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(table(compiled))
    assert table(compiled) == path.read_text()


@pytest.mark.long
def test_the_goals(compiled):
    """At least as many products for a read of shared memory as in TF32, of twice the depth; nothing spilled."""
    for (what, _, name), (loop, used) in compiled.items():
        assert loop.products > 0
        assert loop.multiply_adds == 0
        assert set(loop.loads) == {128}
        assert loop.products >= sum(loop.shared.values()) / 2
        if name == "dense_W_bar" and what.endswith("4096"):
            assert loop.products / sum(loop.shared.values()) > 2.5
            assert used.registers <= 128  # two blocks of 256 threads
        assert loop.local == used.spills == 0
        assert used.registers <= 168  # three blocks of 128 threads
        assert used.shared <= 20 * 1024
