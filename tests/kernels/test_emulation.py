"""The emulator itself: right kernels pass, and each kind of wrong kernel is caught."""

import numpy as np
import pytest
from support.optional import require

from dyadic.codegen.cubin import CompileError, compile_cubin, find_nvrtc
from dyadic.codegen.emulator import EmulationError, Kernels

TRANSPOSE = """
typedef double real;
extern "C" __global__ void reverse(const real* __restrict__ a, real* __restrict__ out, const int batch)
{
    __shared__ real tile[32];
    const int k = threadIdx.x;
    tile[k] = a[blockIdx.x * 32 + k];
    __syncthreads();
    out[blockIdx.x * 32 + k] = tile[31 - k];
}
"""
SCALE = """
typedef double real;
extern "C" __global__ void scale(const real* __restrict__ a, real* __restrict__ out, const int batch)
{
    const int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k < batch) { out[k] = 2.0 * a[k] + a[0]; }
}
"""


pytestmark = pytest.mark.usefixtures("compiler")


def run(source, name, count, threads, order=0):
    a, out = np.arange(float(count)), np.full(count, np.nan)
    Kernels(source).launch(name, ((count + threads - 1) // threads,), (threads,), (a, out, np.int32(count)), order)
    return a, out


@pytest.mark.parametrize("order", range(4))
def test_barriers_and_shared_memory(order):
    a, out = run(TRANSPOSE, "reverse", 64, 32, order)
    assert np.array_equal(out, a.reshape(2, 32)[:, ::-1].ravel())


def test_a_missing_barrier_shows():
    source = TRANSPOSE.replace("    __syncthreads();\n", "")
    wrong = 0
    for order in range(4):
        a, out = run(source, "reverse", 64, 32, order)
        wrong += not np.array_equal(out, a.reshape(2, 32)[:, ::-1].ravel())
    assert wrong == 4


def test_a_divergent_barrier_is_reported():
    source = TRANSPOSE.replace("    __syncthreads();", "    if (k < 7) __syncthreads();")
    with pytest.raises(EmulationError, match="25 of 32 threads never reach the barrier"):
        run(source, "reverse", 64, 32)


def test_edges():
    a, out = run(SCALE, "scale", 70, 32)
    assert np.array_equal(out, 2 * a)
    with pytest.raises(EmulationError, match="wrote outside an array"):
        run(SCALE.replace("k < batch", "k <= batch"), "scale", 70, 32)
    with pytest.raises(EmulationError, match="wrote to a const array"):
        run(SCALE.replace("out[k] =", "((real*)a)[k] ="), "scale", 70, 32)


def test_arguments_are_strict():
    kernels = Kernels(SCALE)
    a, out = np.zeros(4), np.zeros(4)
    for arguments, wanted in (
        ((a, out, 4), "argument batch must be np.int32, not int"),
        ((a, out, np.int64(4)), "argument batch must be np.int32, not int64"),
        ((a.astype(np.float32), out, np.int32(4)), "argument a must be float64, not float32"),
        ((1.0, out, np.int32(4)), "argument a must be float64, not float"),
        ((a, np.int32(4)), "takes 3 arguments, not 2"),
    ):
        with pytest.raises(EmulationError, match=wanted):
            kernels.launch("scale", (1,), (32,), arguments)
    with pytest.raises(EmulationError, match="there is no kernel missing"):
        kernels.launch("missing", (1,), (32,), ())


def test_symbolic_launch():
    tape, (_, out) = Kernels(SCALE, "symbolic").trace("scale", (1,), (4,), [(3,), (3,), 3])
    values = tape.evaluate([5, 7, 11], int, lambda a, b: a + b, lambda a, b: a * b, None, None)
    assert [values[k] for k in out] == [15, 19, 27]
    unwritten = Kernels(SCALE.replace("k < batch", "k + 1 < batch"), "symbolic").trace(
        "scale", (1,), (4,), [(3,), (3,), 3]
    )
    assert list(unwritten[1][1] < 0) == [False, False, True]
    with pytest.raises(EmulationError, match="never written"):
        Kernels(SCALE.replace("+ a[0]", "+ out[k]"), "symbolic").trace("scale", (1,), (4,), [(3,), (3,), 3])


def test_source_that_does_not_compile():
    with pytest.raises(EmulationError, match="does not compile"):
        Kernels(SCALE.replace("a[0]", "missing"))


def test_nvrtc():
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    found = compile_cubin(TRANSPOSE).kernels["reverse"]
    assert found.shared == 32 * 8
    assert found.spills == 0
    assert 0 < found.registers < 64
    with pytest.raises(CompileError, match='identifier "missing" is undefined'):
        compile_cubin(SCALE.replace("a[0]", "missing"))
    with pytest.raises(CompileError, match="too much shared data"):
        compile_cubin(TRANSPOSE.replace("tile[32]", "tile[10000]"))
