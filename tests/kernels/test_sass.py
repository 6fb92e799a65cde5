"""The innermost loops of contractions in machine code: multiply-adds, reads of shared and of global memory.

The table is committed (golden/sass.txt); ``--update-golden`` rewrites it.  It is evidence, not a measurement.
"""

import re
from pathlib import Path

import pytest
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
            source = re.search(r'KERNELS = r"""(.*?)"""', text, re.S)[1]
            for arch in ARCHS:
                for name, loop in hot_loops(compile_cubin(source, arch).binary).items():
                    if name.startswith(beginning) and not name.endswith(("_few", "_l_bar")):
                        found[dtype, arch, name] = loop
    return found


def table(loops):
    rows = [
        f"{'dtype':<8} {'arch':<7} {'kernel':<40} {'FMA':>5} {'shared reads':>22} {'global reads':>22} {'local':>5}"
    ]
    for (dtype, arch, name), loop in loops.items():
        shared, loads = (
            ", ".join(f"{n} of {bits} bits" for bits, n in group.items()) or "none"
            for group in (loop.shared, loop.loads)
        )
        rows.append(f"{dtype:<8} {arch:<7} {name:<40} {loop.multiply_adds:>5} {shared:>22} {loads:>22} {loop.local:>5}")
    return "\n".join(rows) + "\n"


@pytest.mark.long
def test_the_table(loops, request):
    if request.config.getoption("--update-golden"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(table(loops))
    assert table(loops) == GOLDEN.read_text()


@pytest.mark.long
def test_the_goals_in_single_precision(loops):
    """At most one read of 16 bytes from shared memory for 8 multiply-adds; reads of 16 bytes only; no local memory."""
    ours = {key: loop for key, loop in loops.items() if key[0] == "float32"}
    assert len(ours) == (3 + 4) * len(ARCHS)
    for (_, _, name), loop in ours.items():
        assert loop.per_shared_pack >= 8 or not (name.endswith("W_bar") or "attention" in name)
        assert set(loop.shared) == set(loop.loads) == {128}
    assert all(loop.local == 0 for loop in loops.values())


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
