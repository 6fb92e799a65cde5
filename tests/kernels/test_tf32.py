"""Modules that were asked to multiply in TF32: what they say, what they compute, and what they are compiled to."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.command import run
from support.emulated import kernel_source, shows
from support.long_tests import one_in
from support.modules import random_state, same_bits
from support.optional import require
from support.tf32 import nearest
from test_sass import aligned, by_width

from dyadic import DyadicError
from dyadic.codegen import emit
from dyadic.codegen import evidence as under_test
from dyadic.codegen.cubin import compile_cubin, find_nvrtc
from dyadic.codegen.emulator.double_text import in_double
from dyadic.codegen.emulator.module_comparison import differences, finite_draw, worst
from dyadic.codegen.emulator.stand_in import loaded
from dyadic.codegen.evidence import ROUNDINGS, evidence
from dyadic.codegen.loops import schedule
from dyadic.codegen.sass import find_nvdisasm, hot_loops
from dyadic.symbolic import architecture, derive

GOLDEN = Path(__file__).parent / "golden"
ARCHS = ("sm_80", "sm_90", "sm_100", "sm_120")


def network(*layers, x=(35,)):
    spec = {"inputs": {"x": {"shape": list(x)}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(spec))


def dense():
    """Sizes that fit no tile; the last layer is too small for one."""
    layers = [{"type": "dense", "name": f"d{units}", "units": units, "activation": "tanh"} for units in (40, 36)]
    return network(*layers, {"type": "dense", "name": "out", "units": 3, "bias": False})


def convolutions():
    layers = [{"type": "conv", "name": f"c{k}", "filters": 16, "kernel": [3, 3], "padding": [1, 1]} for k in (1, 2)]
    return network(*layers, {"type": "dense", "name": "d", "units": 17}, x=(2, 5, 5))


def attention():
    return network({"type": "multi_head_attention", "name": "a", "heads": 2}, x=(18, 32))


NETWORKS = {"dense": dense, "attention": attention, "convolutions": convolutions}


def written(derivation, form="tf32"):
    return emit(derivation, "cupy", "float32", tensor_cores=form).text


def named_in_header(text):
    return re.findall(r"\w+", text.split('"""')[1].rpartition("is float32:")[2])


# -- asked for, and said -------------------------------------------------------------------------------------------


def test_it_has_to_be_asked_for():
    text = emit(dense(), "cupy", "float32").text
    assert text == emit(dense(), "cupy", "float32", tensor_cores=None).text
    assert not re.search("tf32|mma|tensor.cores", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("target", "dtype"), [("cupy", "float64"), ("numpy", "float32"), ("c", "float32"), ("onnx", "float32")]
)
def test_it_is_refused_elsewhere(target, dtype):
    with pytest.raises(
        DyadicError, match=f"tensor cores are for the target cupy in float32, not for {target} in {dtype}"
    ):
        emit(dense(), target, dtype, tensor_cores="tf32")


def test_it_has_a_name():
    for wrong in (True, 1, "tf64"):
        with pytest.raises(DyadicError, match="tensor_cores"):
            emit(dense(), "cupy", "float32", tensor_cores=wrong)


def test_the_module_says_so():
    text = written(dense())
    head = text.split('"""')[1]
    assert "Regenerate: dyadic emit SPEC --target cupy --dtype float32 --tensor-cores tf32\n" in head
    assert "has 10 bits of fraction (relative error up to 2^-11 each); their products" in head
    kernels = re.split(r'extern "C" __global__ void ', text)[1:]
    multiply = [kernel.partition("(")[0] for kernel in kernels if "tf32_product(" in kernel]
    forward, backward = ["n40_f", "n36_f"], ["n36_x_bar", "n40_W_bar", "n36_W_bar"]
    assert named_in_header(text) == multiply == [f"dense_tanh_{part}" for part in forward + backward]


def test_where_nothing_is_large_enough_it_says_that():
    text = written(network({"type": "dense", "name": "d", "units": 4}))
    assert "No contraction here fits tensor cores: all is float32." in text
    assert "tf32(" not in text


def test_golden(request):
    """One kernel as it is written."""
    text = written(network({"type": "dense", "name": "d", "units": 32, "activation": "tanh"}, x=(48,)))
    kernel = text[text.index("typedef unsigned Bits;") : text.index("\n}\n", text.index("void dense_tanh_f(")) + 3]
    path = GOLDEN / "tf32_dense.cu.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(kernel)
    assert kernel == path.read_text()


def test_the_command(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(
        'name = "small"\n[inputs.x]\nshape = [17]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 16\n'
        '[cost]\ntype = "squared_error"\n'
    )
    done = run("emit", path, "--target", "cupy", "--dtype", "float32", "--tensor-cores", "tf32")
    assert done.returncode == 0, done.stderr
    assert "Tensor cores in tf32 were asked for." in done.stdout
    for more in ([], ["--verify"]):
        refused = run("emit", path, "--target", "cupy", "--tensor-cores", "tf32", *more)
        assert refused.returncode == 2
        assert refused.stderr == "dyadic: tensor cores are for the target cupy in float32, not for cupy in float64\n"


# -- what is computed ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("order", one_in(6, [5, 0, 1]))
@pytest.mark.parametrize("name", NETWORKS)
def test_without_the_rounding_it_equals_numpy(name, order):
    """The emitted text in double precision, tensor cores and all."""
    derivation = NETWORKS[name]()
    text, reference = written(derivation), loaded(emit(derivation, "numpy", "float64").text)
    assert len(named_in_header(text)) >= 3
    for batch in (9, 3):
        given = finite_draw(derivation, reference, batch, 0)
        where, difference = worst(differences(loaded(in_double(text), order), reference, given))
        assert difference < 1e-12, where


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("tiles", one_in(4, schedule._WARP_TILES))
def test_the_text_of_every_tile_equals_numpy(tiles, monkeypatch):
    monkeypatch.setattr(schedule, "_WARP_TILES", (tiles,))
    derivation = dense()
    text, reference = written(derivation), loaded(emit(derivation, "numpy", "float64").text)
    assert ("#pragma unroll 1\n" in text) is (tiles[0] == 128)
    where, difference = worst(
        differences(loaded(in_double(text), 5), reference, finite_draw(derivation, reference, 37, 0))
    )
    assert difference < 1e-12, where


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", one_in(6, NETWORKS))
def test_as_it_stands_it_is_near_numpy(name):
    derivation = NETWORKS[name]()
    reference = loaded(emit(derivation, "numpy", "float32").text)
    given = finite_draw(derivation, reference, 9, 0, np.float32)
    where, difference = worst(differences(loaded(written(derivation)), reference, given))
    assert 1e-5 < difference < ROUNDINGS * 2**-11, where


def by_hand(params, x, y):
    """NumPy with the factors of the large contractions rounded: gradients, activations, sensitivities."""
    w = [params[f"{name}.weight"].astype(np.float64) for name in ("d40", "d36", "out")]
    b = [params[f"{name}.bias"].astype(np.float64) for name in ("d40", "d36")]
    batch = len(x)
    one = np.tanh(nearest(x) @ nearest(w[0]).T + b[0])
    two = np.tanh(nearest(one) @ nearest(w[1]).T + b[1])
    s_out = two @ w[2].T - y  # too small for tensor cores, as all that is made of it
    s_two = s_out @ w[2]
    z_two = s_two * (1 - two**2)
    s_one = nearest(z_two) @ nearest(w[1])
    z_one = s_one * (1 - one**2)
    gradients = {
        "out.weight": s_out.T @ two / batch,
        "d36.weight": nearest(z_two).T @ nearest(one) / batch,
        "d36.bias": z_two.mean(axis=0),
        "d40.weight": nearest(z_one).T @ nearest(x) / batch,
        "d40.bias": z_one.mean(axis=0),
    }
    return gradients, {"d40": one, "d36": two}, {"d36": s_two, "d40": s_one}


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("batch", [9, 33])
def test_it_equals_numpy_with_rounded_factors(batch):
    """In double precision all of it, to 1e-12; in single precision what depends on given numbers alone."""
    text = written(dense())
    random = np.random.default_rng(2)
    module = loaded(in_double(text, rounded=True))
    params = {name: random.normal(size=shape) / 4 for name, shape in module.PARAMETERS.items()}
    x, y = random.normal(size=(batch, 35)), random.normal(size=(batch, 3))
    gradients, activations, sensitivities = by_hand(params, x, y)
    _, found = module.gradients(params, x, y)
    state = module.wavefront(params, x, y)
    assert set(found) == set(gradients)
    pairs = [(found[n], gradients[n]) for n in gradients]
    pairs += [(state.x[n], activations[n]) for n in activations] + [
        (state.s[n], sensitivities[n]) for n in sensitivities
    ]
    for mine, wanted in pairs:
        assert np.max(np.abs(mine - wanted)) < 1e-12 * np.max(np.abs(wanted))

    single = {name: value.astype(np.float32) for name, value in params.items()}
    x, y = x.astype(np.float32), y.astype(np.float32)
    wanted = by_hand(single, x, y)[1]["d40"]
    exact = np.tanh(x.astype(np.float64) @ single["d40.weight"].astype(np.float64).T + single["d40.bias"])
    mine = loaded(text).wavefront(single, x, y).x["d40"]
    assert mine.dtype == np.float32
    assert np.max(np.abs(mine - wanted)) < 1e-6
    assert np.max(np.abs(mine - exact)) > 1e-4


@pytest.mark.usefixtures("compiler")
def test_relaxation_is_bitwise_exact():
    module = loaded(written(dense()))
    random = np.random.default_rng(2)
    params = {name: (random.normal(size=shape) / 4).astype(np.float32) for name, shape in module.PARAMETERS.items()}
    given = params, random.normal(size=(9, 35)).astype(np.float32), random.normal(size=(9, 3)).astype(np.float32)
    exact, relaxed = module.wavefront(*given), module.relax(*given, state=random_state(module, 9, 4))
    assert all(same_bits(relaxed.x[n], exact.x[n]) and same_bits(relaxed.s[n], exact.s[n]) for n in module.VERTICES)


@pytest.mark.usefixtures("compiler")
def test_an_older_device_is_refused(monkeypatch):
    module = loaded(written(dense()))
    monkeypatch.setattr(module.cp.cuda, "Device", lambda: type("Device", (), {"compute_capability": "75"}))
    with pytest.raises(RuntimeError, match=r"compute capability 8\.0 or later"):
        module.init(0)


# -- broken text ---------------------------------------------------------------------------------------------------

BROKEN = {
    "transposed fragment": ("left_own[0][1], left_own[1][0]", "left_own[1][0], left_own[0][1]"),
    "terms exchanged on one side": (
        "right_own[0][across], right_own[1][across]",
        "right_own[1][across], right_own[0][across]",
    ),
    "wrong lane map": ("quad = threadIdx.x % 32 / 4;", "quad = threadIdx.x % 32 / 8;"),
    "wrong place among four": ("member = threadIdx.x % 32 % 4;", "member = threadIdx.x % 32 / 4 % 4;"),
    "wrong warp": ("warp_row = threadIdx.x / 32 / 2;", "warp_row = threadIdx.x / 32 % 2;"),
    "sums exchanged": ("total = sum[0][across][beside];", "total = sum[0][across][3 - beside];"),
    "rounding left out": ("left_next[load] = tf32(left_next[load]);", ";"),
    "not all lanes": ("tf32_product(&sum", "if (quad > 0) tf32_product(&sum"),
    "barrier removed": ("        __syncthreads();\n    }\n", "    }\n"),
    "stale tile": ("stage = start / 16 % 2;", "stage = 0;"),
    "half of the depth": ("for (int deep = 0; deep < 2;", "for (int deep = 0; deep < 1;"),
    "operands of the instruction exchanged": ("{%8, %9}", "{%9, %8}"),
    "left and right exchanged": ("{%4, %5, %6, %7}, {%8, %9}", "{%8, %9, %6, %7}, {%4, %5}"),
    "not volatile": ("asm volatile(", "asm("),
    "old sums not read": ('"+f"(sum[2])', '"=f"(sum[2])'),
}


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("mistake", one_in(6, BROKEN))
def test_a_mistake_in_the_text_is_found(mistake):
    old, new = BROKEN[mistake]
    derivation = network(
        {"type": "dense", "name": "d", "units": 36, "activation": "tanh"}, {"type": "dense", "name": "e", "units": 18}
    )
    text, reference = written(derivation), loaded(emit(derivation, "numpy", "float64").text)
    assert old in text
    given = finite_draw(derivation, reference, 33, 0)
    single = finite_draw(derivation, loaded(emit(derivation, "numpy", "float32").text), 33, 0, np.float32)

    def difference(order):
        loaded(text.replace(old, new), order).gradients(*single)
        return worst(differences(loaded(in_double(text.replace(old, new)), order), reference, given))[1]

    assert shows(difference)


@pytest.mark.usefixtures("compiler")
def test_the_evidence_says_no(monkeypatch):
    monkeypatch.setattr(under_test, "find_nvrtc", lambda: None)
    derivation = network({"type": "dense", "name": "d", "units": 18})
    emulated = [
        finding for finding in evidence(derivation, "float32", tensor_cores="tf32") if finding.method == "emulation"
    ]
    assert [finding.outcome for finding in emulated] == ["shown", "shown"]
    assert "in double precision without rounding, " in emulated[0].detail
    assert "with factors rounded to tf32 (by up to 2^-11 each), " in emulated[1].detail
    monkeypatch.setattr(under_test, "ROUNDINGS", 1e-6)
    assert [f.outcome for f in evidence(derivation, "float32", tensor_cores="tf32") if f.method == "emulation"] == [
        "shown",
        "not shown",
    ]
    emit_module = under_test.emit_module
    old, new = BROKEN["rounding left out"]
    monkeypatch.setattr(under_test, "emit_module", lambda target: emit_module(target).replace(old, new))
    first, second = [f for f in evidence(derivation, "float32", tensor_cores="tf32") if f.method == "emulation"]
    assert (first.outcome, second.outcome) == ("shown", "wrong")
    assert "a factor of a matrix product is not rounded to TF32" in second.detail
    old, new = BROKEN["transposed fragment"]
    first, _ = [f for f in evidence(derivation, "float32", tensor_cores="tf32") if f.method == "emulation"]
    assert first.outcome == "wrong"


# -- machine code --------------------------------------------------------------------------------------------------

WIDTHS = {4096: "128 and 64", 256: "32"}
"""Widths of layers and the edges of the tiles that are chosen for them."""


@pytest.fixture(scope="module")
def compiled():
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    require(find_nvdisasm(), "nvidia-cuda-nvdisasm is not installed")
    found = {}
    for width in WIDTHS:
        layer = {"type": "dense", "units": width, "bias": False}
        text = written(network({**layer, "name": "e"}, {**layer, "name": "d"}, x=(width,)))
        found |= {(width, *key): value for key, value in compiled_loops(text)}
    return found


def compiled_loops(text):
    """The hot loop of each kernel on tensor cores and what the kernel needs, by architecture and name."""
    for arch in ARCHS:
        cubin = compile_cubin(kernel_source(text), arch)
        loops = hot_loops(cubin.binary)
        for name in named_in_header(text):
            yield (arch, name), (loops[name], cubin.kernels[name])


def table(compiled):
    heads = (
        "width",
        "arch",
        "kernel",
        "HMMA",
        "shared reads",
        "writes",
        "global reads",
        "registers",
        "shared",
        "local",
    )
    rows = [heads]
    for (width, arch, name), (loop, used) in compiled.items():
        texts = map(by_width, (loop.shared, loop.writes, loop.loads))
        rows.append((width, arch, name, loop.products, *texts, used.registers, used.shared, loop.local))
    return aligned(rows)


@pytest.mark.long
def test_the_table(compiled, request):
    path = GOLDEN / "sass_tf32.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(table(compiled))
    assert table(compiled) == path.read_text()


@pytest.mark.long
def test_the_goals(compiled):
    """Products on tensor cores in the hot loop, wide reads, nothing spilled, within the budgets."""
    assert len(compiled) == 3 * len(WIDTHS) * len(ARCHS)
    for (width, _, name), (loop, used) in compiled.items():
        assert loop.products > 0
        assert loop.multiply_adds == 0
        assert set(loop.loads) == {128}
        assert set(loop.shared) == ({64} if width == 256 else {128})
        assert loop.products >= sum(loop.shared.values()) / 2
        if name == "dense_W_bar" and width == 4096:
            assert loop.products / sum(loop.shared.values()) > 2.5
        assert loop.local == used.spills == 0
        assert used.registers <= 128
        assert used.shared <= 36 * 1024


@pytest.mark.long
def test_without_the_option_nothing_goes_to_tensor_cores(compiled):
    text = emit(network({"type": "dense", "name": "d", "units": 256}, x=(256,)), "cupy", "float32").text
    binary = compile_cubin(kernel_source(text), "sm_80").binary
    assert {loop.products for loop in hot_loops(binary).values()} == {0}
