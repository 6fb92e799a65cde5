"""The innermost loops of contractions in machine code: multiply-adds, reads of shared and of global memory, copies.

The table is committed (golden/sass.txt); ``--update-golden`` rewrites it.  It is evidence, not a measurement.
"""

from pathlib import Path

import pytest
from support.emulated import kernel_source
from support.optional import require

from dyadic.codegen import emit
from dyadic.codegen.cubin import compile_cubin, find_nvrtc
from dyadic.codegen.sass import find_nvdisasm, hot_loops
from dyadic.symbolic import architecture, derive

GOLDEN = Path(__file__).parent / "golden" / "sass.txt"
ARCHS = ("sm_80", "sm_90", "sm_100", "sm_120")
SIZES = {"float32": 4096, "float64": 1024}
"""Widths at which the largest tiles are chosen."""
ATTENTION = {"name": "a", "type": "multi_head_attention", "heads": 2, "causal": True, "bias": False}


def networks(width):
    """Dense layers, and attention over 512 places with heads of 64; with what their kernels' names begin."""
    layer = {"name": "d", "type": "dense", "units": width, "bias": False}
    yield [width], [{**layer, "name": "e"}, layer], "dense"
    yield [512, 128], [{**layer, "units": 128}, ATTENTION], "multi_head_attention_online"


@pytest.fixture(scope="module")
def loops():
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    require(find_nvdisasm(), "nvidia-cuda-nvdisasm is not installed")
    found = {}
    for dtype, width in SIZES.items():
        for shape, layers, beginning in networks(width):
            spec = {"inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": "squared_error"}}
            text = emit(derive(architecture(spec)), "cupy", dtype).text
            source = kernel_source(text)
            for arch in ARCHS:
                cubin = compile_cubin(source, arch)
                for name, loop in hot_loops(cubin.binary).items():
                    if name.startswith(beginning) and not name.endswith(("_few", "_l_bar")):
                        found[dtype, arch, name] = loop, cubin.kernels[name].registers
    return found


def table(loops):
    heads = ("dtype", "arch", "kernel", "FMA", "shared reads", "writes", "global reads", "copies", "registers", "local")
    rows = [heads]
    for key, (loop, registers) in loops.items():
        texts = map(by_width, (loop.shared, loop.writes, loop.loads, loop.copies))
        rows.append((*key, loop.multiply_adds, *texts, registers, loop.local))
    return aligned(rows)


def by_width(accesses):
    return ", ".join(f"{n} of {bits} bits" for bits, n in accesses.items()) or "none"


def aligned(rows):
    """Rows as lines in columns."""
    widths = [max(len(str(one)) for one in column) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(str(one).ljust(width) for one, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


@pytest.mark.long
def test_the_table(loops, request):
    if request.config.getoption("--update-golden"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(table(loops))
    assert table(loops) == GOLDEN.read_text()


@pytest.mark.long
def test_the_goals_in_single_precision(loops):
    """At most one read of 16 bytes from shared memory for 8 multiply-adds; reads of 16 bytes only; no local memory."""
    ours = {key: loop for key, (loop, _) in loops.items() if key[0] == "float32"}
    assert len(ours) == (3 + 4) * len(ARCHS)
    for (_, _, name), loop in ours.items():
        assert loop.per_shared_pack >= 8 or not (name.endswith("W_bar") or "attention" in name)
        assert set(loop.shared) == {*loop.loads, *loop.copies} == {128}
    assert all(loop.local == 0 for loop, _ in loops.values())


@pytest.mark.long
def test_what_is_copied_passes_no_register(loops):
    """Of the gradient both factors, of the adjoint the weights; of the forward pass and attention, turned, none."""
    sides = {"dense_W_bar": 2, "dense_x_bar": 1}
    for (_, _, name), (loop, _) in loops.items():
        copied = sides.get(name, 0)
        assert bool(loop.copies) is (copied > 0)
        assert bool(loop.loads) is bool(loop.writes) is (copied < 2)
        assert sum(loop.copies.values()) * (2 - copied) == sum(loop.loads.values()) * copied


SLOW = """
typedef float real;
extern "C" __global__ void slow(const real* __restrict__ a, real* __restrict__ out, const int n)
{
    __shared__ real tile[256];
    tile[threadIdx.x] = a[threadIdx.x];
    __syncthreads();
    real kept[16];
    real sum = 0.0f;
    for (int k = 0; k < n; ++k) { sum += tile[k % 256] * a[256 + k]; kept[k % 16] = sum; }
    out[threadIdx.x] = kept[n % 16] + kept[(n * 7) % 16] + sum;
}
"""


@pytest.mark.long
def test_a_loop_that_misses_them_is_seen(loops):
    loop = hot_loops(compile_cubin(SLOW, "sm_90").binary)["slow"]
    assert loop.per_shared_pack < 8
    assert loop.local > 0
    assert set(loop.shared) <= {32, 64, 128}
    assert 128 not in loop.loads
