"""Pairs of numbers of 16 bits: how they are rounded, a warp's product of them, and nests that hold them; mistakes show.

The layout of m16n8k16 is told here in the PTX ISA's own words (groupID, threadID_in_group), term by term.
"""

from dataclasses import replace

import numpy as np
import pytest
from support.sixteen_bits import UNITS, nearest16, numbers16
from test_loops import dense, drop, kernels_of, nth, refused
from test_tensor_cores import exchanged, held_to_the_kernel, helpers, is_product, met_twice

from dyadic.codegen.emulator import EmulationError, Kernels
from dyadic.codegen.loops.build import nest
from dyadic.codegen.loops.contraction import contraction
from dyadic.codegen.loops.kernel import Halves
from dyadic.codegen.loops.nest import Barrier, Cell, Set
from dyadic.codegen.loops.schedule import WarpTiled, choose
from dyadic.codegen.loops.tensor_cores import FORMATS
from dyadic.codegen.loops.tensor_cores import rounded as round_doubles

FORMS = ("float16", "bfloat16")


# -- rounding ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("form", FORMS)
def test_rounding(form):
    """The emitted conversion, told from its bits, and the machine's, against NumPy."""
    source = helpers(form) + (
        'extern "C" __global__ void each(const real* __restrict__ a, int* __restrict__ low, int* __restrict__ high, '
        "const int n)\n{ for (int i = 0; i < n; ++i) { const Bits bits = FORM_pair(a[i], a[n - 1 - i]); "
        "low[i] = bits & 0xffff; high[i] = bits >> 16; } }\n".replace("FORM", form)
    )
    values = numbers16()
    low, high = (np.zeros(values.size, np.int32) for _ in range(2))
    Kernels(source).launch("each", (1,), (1,), (values, low, high, np.int32(values.size)))
    wanted = nearest16(values, form)
    shift = 0 if form == "float16" else 16
    for found in (low, high[::-1]):
        decoded = (
            found.astype(np.uint16).view(np.float16) if not shift else (found.astype(np.uint32) << 16).view(np.float32)
        )
        assert np.array_equal(decoded.astype(np.float64), wanted, equal_nan=True)
        assert np.array_equal(np.signbit(decoded)[~np.isnan(wanted)], np.signbit(wanted)[~np.isnan(wanted)])
    assert np.array_equal(round_doubles(values.astype(np.float64), form), wanted, equal_nan=True)
    unit, tiny = UNITS[form]
    assert (FORMATS[form].unit, FORMATS[form].tiny) == (unit, tiny)
    moved = np.isfinite(wanted)
    exact = values[moved].astype(np.float64)
    assert np.all(np.abs(wanted[moved] - exact) <= np.maximum(unit * np.abs(exact), tiny))
    assert np.any(np.abs(wanted[moved] - exact) > 0.99 * unit * np.abs(exact))


# -- one product ---------------------------------------------------------------------------------------------------

ONE_PRODUCT = """
extern "C" __global__ void one(const real* __restrict__ a, const real* __restrict__ b, real* __restrict__ c)
{
    const int groupID = threadIdx.x / 4, threadID_in_group = threadIdx.x % 4;
    real sum[4];
    for (int i = 0; i < 4; ++i) { sum[i] = (real)i; }
    Bits at[4], bt[2];
    for (int i = 0; i < 8; i += 2) {
        const int row = (i >= 0 && i < 2) || (i >= 4 && i < 6) ? groupID : groupID + 8;
        const int col = threadID_in_group * 2 + (i < 4 ? 0 : 8);
        at[i / 2] = FORM_pair(a[row * 16 + col], a[row * 16 + col + 1]);
    }
    for (int i = 0; i < 4; i += 2) {
        const int row = threadID_in_group * 2 + (i < 2 ? 0 : 8);
        bt[i / 2] = FORM_pair(b[row * 8 + groupID], b[(row + 1) * 8 + groupID]);
    }
    FORM_product(sum, at[0], at[1], at[2], at[3], bt[0], bt[1]);
    for (int i = 0; i < 4; ++i) {
        const int row = i < 2 ? groupID : groupID + 8;
        c[row * 8 + threadID_in_group * 2 + (i & 1)] = sum[i];
    }
}
"""
WRONG_FRAGMENTS = {
    "a1 and a2 exchanged": ("at[1], at[2]", "at[2], at[1]"),
    "b0 and b1 exchanged": ("bt[0], bt[1]", "bt[1], bt[0]"),
    "halves exchanged on one side": (
        "b[row * 8 + groupID], b[(row + 1) * 8 + groupID]", "b[(row + 1) * 8 + groupID], b[row * 8 + groupID]"),
    "one number twice": ('"f"(high), "f"(low)', '"f"(low), "f"(low)'),
    "terms as in m16n8k8": ("const int col = threadID_in_group * 2", "const int col = threadID_in_group"),
    "old sums exchanged": ("{%0, %1, %2, %3};", "{%1, %0, %2, %3};"),
    "the other format": ("m16n8k16.row.col.f32.f16.f16", "m16n8k16.row.col.f32.bf16.bf16"),
}  # fmt: skip


def multiplied(form, old="", new="", threads=32, order=0):
    source = (helpers(form) + ONE_PRODUCT).replace("FORM", form)
    assert old in source
    random = np.random.default_rng(0)
    a, b = (random.normal(size=shape).astype(np.float32) for shape in ((16, 16), (16, 8)))
    c = np.full((16, 8), np.nan, np.float32)
    Kernels(source.replace(old, new) if old else source).launch("one", (1,), (threads,), (a, b, c), order)
    rows, columns = np.indices(c.shape)
    return c, 2 * (rows // 8) + columns % 2 + nearest16(a, form) @ nearest16(b, form)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("order", range(3))
@pytest.mark.parametrize("form", FORMS)
def test_one_product(form, order):
    found, wanted = multiplied(form, order=order)
    assert np.allclose(found, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("mistake", WRONG_FRAGMENTS)
def test_a_wrong_layout_shows(mistake):
    found, wanted = multiplied("float16", *WRONG_FRAGMENTS[mistake])
    assert not np.allclose(found, wanted, rtol=1e-2, atol=1e-2)


@pytest.mark.usefixtures("compiler")
def test_a_wrong_use_is_refused():
    for old, new, message in (
        ("asm volatile(", "asm(", "unless it is volatile"),
        ('"+f"(sum[0])', '"=f"(sum[0])', "constraint"),
        ("m16n8k16", "m16n8k8", "does not compile"),
    ):
        with pytest.raises(EmulationError, match=message):
            multiplied("bfloat16", old, new)
    with pytest.raises(EmulationError, match="16 of 32 threads"):
        multiplied("float16", threads=16)


# -- nests ---------------------------------------------------------------------------------------------------------

SMALL = (WarpTiled(32, 16, 16, 16, 8), WarpTiled(16, 16, 32, 16, 16), WarpTiled(32, 32, 32, 16, 16))
TILES = (*SMALL, WarpTiled(64, 64, 32, 32, 32), WarpTiled(128, 128, 16, 64, 32))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", ["", "adjoint", "gradient_weight"])
@pytest.mark.parametrize("tiles", TILES)
def test_ragged_tiles(tiles, part, form):
    for batch, kernel in ((1, dense(part=part)), (33, dense(part=part)), (7, dense(21, 19, part))):
        held_to_the_kernel(kernel, replace(tiles, form=form), batch)


@pytest.mark.parametrize("name", ["conv", "conv_transpose", "multi_head_attention", "einsum"])
def test_every_contraction(name):
    found = [kernel for kernel in kernels_of(name) if contraction(kernel) is not None]
    assert found
    for position, kernel in enumerate(found):
        held_to_the_kernel(kernel, replace(SMALL[position % 3], form=FORMS[position % 2]), 3)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_kernel_gets(form):
    assert choose(dense(1024, 1024, "gradient_weight"), 4, form) == replace(TILES[4], form=form)
    assert choose(dense(256, 256), 4, form) == replace(TILES[2], form=form)
    with pytest.raises(ValueError, match="does not consist of products of 16 x 16 by 16 x 8"):
        nest(dense(), 4, WarpTiled(32, 32, 8, 16, 16, form))


@pytest.mark.parametrize("part", ["", "adjoint", "gradient_weight"])
@pytest.mark.parametrize("tiles", TILES[2:])
def test_threads_meet_in_no_bank(tiles, part, monkeypatch):
    paired = replace(tiles, form="float16")
    assert not met_twice(paired, part)
    monkeypatch.setattr("dyadic.codegen.loops.warp_tiles._SKEW", 0)
    assert met_twice(paired, part)


RIGHT = nest(dense(part="gradient_weight"), 4, replace(SMALL[2], form="float16"))


def is_pair(step):
    return isinstance(step, Set) and isinstance(step.value, Halves)


WRONG_NESTS = {
    "transposed fragment": (is_product, lambda s: [replace(s, left=exchanged(s.left, 1, 2))], "differs"),
    "terms exchanged on one side": (is_product, lambda s: [replace(s, right=s.right[::-1])], "differs"),
    "halves exchanged on one side": (
        is_pair, lambda s: [replace(s, value=Halves(s.value.args[1], s.value.args[0], "float16"))], "differs"),
    "the other format": (is_pair, lambda s: [replace(s, value=Halves(*s.value.args[:2], "bfloat16"))], "differs"),
    "product of the other format": (is_product, lambda s: [replace(s, form="bfloat16")], "not rounded"),
    "not in pairs": (is_product, lambda s: [replace(s, form="tf32")], "held otherwise"),
    "half of a pair": (
        is_pair, lambda s: [replace(s, value=Halves(s.value.args[0], s.value.args[0], "float16"))], "differs"),
    "barrier removed": (lambda s: isinstance(s, Barrier), drop, "without a barrier|never written"),
    "another row": (
        is_pair, lambda s: [replace(s, target=Cell(s.target.array, 3 - s.target.indices[0]))], "differs"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG_NESTS)
def test_wrong_nests_are_refused(mistake):
    kind, new, message = WRONG_NESTS[mistake]
    refused(RIGHT, nth(kind, 0, new), message, 40)
