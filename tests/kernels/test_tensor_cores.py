"""A warp's product on tensor cores: the documented layout in the nest's machine and the emulation; mistakes show.

The layout is told a third time here, in the PTX ISA's own words (groupID, threadID_in_group).
"""

from dataclasses import replace

import numpy as np
import pytest
from support.optional import require
from support.tf32 import nearest, tf32_values
from sympy import Integer
from test_loops import PLAIN, all_kernels, dense, drop, kernels_of, nth, refused

from dyadic.codegen import emit
from dyadic.codegen.emulator import EmulationError, Kernels, find_compiler
from dyadic.codegen.loops.build import few, nest
from dyadic.codegen.loops.contraction import contraction, rounded
from dyadic.codegen.loops.kernel import Accumulate, Nearest
from dyadic.codegen.loops.nest import (
    Barrier,
    Cell,
    If,
    IndexValue,
    Scope,
    Set,
    Vector,
    WarpProduct,
    on_tensor_cores,
    steps_of,
)
from dyadic.codegen.loops.nest_machine import Fault, check
from dyadic.codegen.loops.schedule import PerElement, Tiled, WarpTiled, choose
from dyadic.codegen.loops.tensor_cores import product
from dyadic.codegen.loops.tensor_cores import rounded as round_doubles
from dyadic.codegen.loops.wellformed import distinct_names, verify
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Index, Inside

# -- one product ---------------------------------------------------------------------------------------------------


def helpers(form):
    """The functions for tensor cores as they stand in an emitted module."""
    spec = {"inputs": {"x": {"shape": [16]}}, "layers": [{"name": "d", "type": "dense", "units": 16}]}
    derivation = derive(architecture(spec | {"cost": {"type": "squared_error"}}))
    text = emit(derivation, "cupy", "float32", tensor_cores=form).text
    last = text.index("\n}\n", text.index(f"void {form}_product(")) + 3
    return "typedef float real;\n" + text[text.index("typedef unsigned Bits;") : last]


ONE_PRODUCT = """
extern "C" __global__ void one(const real* __restrict__ a, const real* __restrict__ b, real* __restrict__ c)
{
    const int groupID = threadIdx.x / 4, threadID_in_group = threadIdx.x % 4;
    real sum[4];
    for (int i = 0; i < 4; ++i) { sum[i] = (real)i; }
    const real a0 = tf32(a[groupID * 8 + threadID_in_group]);
    const real a1 = tf32(a[(groupID + 8) * 8 + threadID_in_group]);
    const real a2 = tf32(a[groupID * 8 + threadID_in_group + 4]);
    const real a3 = tf32(a[(groupID + 8) * 8 + threadID_in_group + 4]);
    const real b0 = tf32(b[threadID_in_group * 8 + groupID]);
    const real b1 = tf32(b[(threadID_in_group + 4) * 8 + groupID]);
    tf32_product(sum, a0, a1, a2, a3, b0, b1);
    for (int i = 0; i < 4; ++i) {
        const int row = i < 2 ? groupID : groupID + 8;
        c[row * 8 + threadID_in_group * 2 + (i & 1)] = sum[i];
    }
}
"""


def multiplied(source, threads=32, order=0):
    """The kernel's product of two matrices, and NumPy's of the rounded ones."""
    random = np.random.default_rng(0)
    a, b = (random.normal(size=shape).astype(np.float32) for shape in ((16, 8), (8, 8)))
    c = np.full((16, 8), np.nan, np.float32)
    Kernels(source).launch("one", (1,), (threads,), (a, b, c), order)
    rows, columns = np.indices(c.shape)
    return c, 2 * (rows // 8) + columns % 2 + nearest(a) @ nearest(b)


@pytest.fixture(scope="module")
def one_product():
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
    return helpers("tf32") + ONE_PRODUCT


@pytest.mark.parametrize("order", range(3))
def test_one_product(one_product, order):
    found, wanted = multiplied(one_product, order=order)
    assert np.allclose(found, wanted, rtol=1e-6, atol=1e-6)


WRONG_FRAGMENTS = {
    "a1 and a2 exchanged": ("sum, a0, a1, a2, a3", "sum, a0, a2, a1, a3"),
    "b0 and b1 exchanged": ("a3, b0, b1)", "a3, b1, b0)"),
    "right matrix transposed": ("b[threadID_in_group * 8 + groupID]", "b[groupID * 8 + threadID_in_group]"),
    "lanes in another order": ("groupID = threadIdx.x / 4, threadID_in_group = threadIdx.x % 4",
                               "groupID = threadIdx.x % 8, threadID_in_group = threadIdx.x / 8"),
    "sum transposed": ("c[row * 8 + threadID_in_group * 2 + (i & 1)]", "c[row * 8 + threadID_in_group + 4 * (i & 1)]"),
    "operands of the instruction exchanged": ("{%8, %9}", "{%9, %8}"),
    "old sums exchanged": ("{%0, %1, %2, %3};", "{%1, %0, %2, %3};"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG_FRAGMENTS)
def test_a_wrong_layout_shows(one_product, mistake):
    old, new = WRONG_FRAGMENTS[mistake]
    assert old in one_product
    found, wanted = multiplied(one_product.replace(old, new))
    assert not np.allclose(found, wanted, rtol=1e-2, atol=1e-2)


REFUSED = {
    "not rounded": ("tf32(a[groupID * 8 + threadID_in_group])", "a[groupID * 8 + threadID_in_group]", "not rounded"),
    "not all lanes": ("    tf32_product(", "    if (groupID < 7) tf32_product(", "28 of 32 threads"),
    "not volatile": ("asm volatile(", "asm(", "unless it is volatile"),
    "old sums not read": ('"+f"(sum[0])', '"=f"(sum[0])', "constraint"),
    "result as an input": ('"=r"(bits)', '"r"(bits)', "constraint"),
    "another instruction": ("m16n8k8", "m16n8k4", "does not compile"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_wrong_use_is_refused(one_product, mistake):
    old, new, message = REFUSED[mistake]
    assert old in one_product
    with pytest.raises(EmulationError, match=message):
        multiplied(one_product.replace(old, new))


def test_half_a_warp_is_refused(one_product):
    with pytest.raises(EmulationError, match="16 of 32 threads"):
        multiplied(one_product, threads=16)


def test_the_machine_s_product():
    group, member = np.divmod(np.arange(32), 4)
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 16, 8)), random.normal(size=(2, 8, 8))
    left = np.stack([a[:, group + r, member + k] for k in (0, 4) for r in (0, 8)], axis=-1)
    right = np.stack([b[:, member + k, group] for k in (0, 4)], axis=-1)
    wanted = np.stack([(a @ b)[:, group + r, 2 * member + k] for r in (0, 8) for k in (0, 1)], axis=-1)
    assert np.allclose(product(left, right), wanted, rtol=1e-14)
    assert not np.allclose(product(left[..., [0, 2, 1, 3]], right), wanted)


def test_rounding(one_product):
    """In single precision as emitted, and in the machine's double precision; halfway cases go away from zero."""
    source = one_product + (
        'extern "C" __global__ void each(const real* __restrict__ a, real* __restrict__ c, const int n)\n'
        "{ for (int i = 0; i < n; ++i) { c[i] = tf32(a[i]); } }\n"
    )
    values = tf32_values()
    found = np.full_like(values, np.nan)
    Kernels(source).launch("each", (1,), (1,), (values, found, np.int32(values.size)))
    assert np.array_equal(found, nearest(values).astype(np.float32), equal_nan=True)
    normal = values[~(np.abs(values) < np.finfo(np.float32).tiny)].astype(np.float64)
    assert np.array_equal(round_doubles(normal, "tf32"), nearest(normal), equal_nan=True)
    some = normal[np.isfinite(normal) & (normal != 0)]
    assert 0 < np.max(np.abs(nearest(some) / some - 1)) <= 2**-11


# -- nests ---------------------------------------------------------------------------------------------------------

SMALL = (WarpTiled(32, 16, 8, 16, 8), WarpTiled(16, 16, 16, 16, 16), WarpTiled(32, 32, 16, 16, 16))
LARGE = (WarpTiled(64, 64, 16, 32, 32), WarpTiled(128, 128, 16, 64, 32))


def held_to_the_kernel(kernel, tiles, batch):
    found = nest(kernel, 4, tiles)
    distinct_names(found)
    verify(found.kernel)
    assert found.kernel == rounded(kernel, tiles.form)
    check(found, nest(found.kernel, 4, PLAIN), batch)


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize("part", ["", "adjoint", "gradient_weight"])
@pytest.mark.parametrize("tiles", [*SMALL, *LARGE])
def test_ragged_tiles(tiles, part, batch):
    held_to_the_kernel(dense(part=part), tiles, batch)


@pytest.mark.parametrize("name", ["conv", "conv_transpose", "multi_head_attention", "einsum", "dense"])
def test_every_contraction(name):
    found = [kernel for kernel in kernels_of(name) if contraction(kernel) is not None]
    assert found
    for position, kernel in enumerate(found):
        held_to_the_kernel(kernel, SMALL[position % len(SMALL)], 3)


def test_what_is_computed_is_the_rounded_kernel():
    """Its numbers are those of rounded factors, and differ from the exact ones by the rounding alone."""
    kernel = dense()
    found = nest(kernel, 4, SMALL[0])
    total = found.kernel.statements[0]
    assert isinstance(total, Accumulate)
    assert len(total.value.atoms(Nearest)) == 2
    assert found.kernel == rounded(kernel, "tf32")
    with pytest.raises(Fault, match="differs"):
        check(found, nest(kernel, 4, PLAIN), 7)


def test_what_a_kernel_gets():
    large = dense(1024, 1024, "gradient_weight")
    assert choose(large, 4, tensor_cores="tf32") == LARGE[1]
    assert isinstance(choose(large, 4), Tiled)
    assert choose(dense(256, 256), 4, tensor_cores="tf32") == SMALL[2]
    assert isinstance(choose(dense(1024, 10), 4, tensor_cores="tf32"), Tiled)
    assert isinstance(choose(dense(3, 4), 4, tensor_cores="tf32"), PerElement)
    assert not any(on_tensor_cores(nest(kernel, 4)) for kernel in kernels_of("dense"))
    small = few(dense(1024, 1024), 4)
    assert small is not None
    assert not small.kernel.statements[0].value.atoms(Nearest)


@pytest.mark.parametrize("wrong", [WarpTiled(32, 16, 8, 8, 8), WarpTiled(16, 8, 4, 16, 8), WarpTiled(16, 12, 8, 16, 4)])
def test_tiles_that_hold_no_whole_products_are_refused(wrong):
    with pytest.raises(ValueError, match="does not consist of products"):
        nest(dense(), 4, wrong)


RIGHT = nest(dense(), 4, SMALL[2])


def is_product(step):
    return isinstance(step, WarpProduct)


def named(name):
    return lambda step: isinstance(step, IndexValue) and step.index.name == name


def exchanged(cells, first, second):
    table = {first: cells[second], second: cells[first]}
    return tuple(table.get(k, cell) for k, cell in enumerate(cells))


WRONG_NESTS = {
    "transposed fragment": (is_product, lambda s: [replace(s, left=exchanged(s.left, 1, 2))], "differs"),
    "terms exchanged on one side": (is_product, lambda s: [replace(s, right=s.right[::-1])], "differs"),
    "sums exchanged": (is_product, lambda s: [replace(s, sum=exchanged(s.sum, 1, 2))], "differs"),
    "product left out": (is_product, drop, "differs"),
    "product under a condition": (is_product, lambda s: [If((Inside(Index("quad"), Integer(7)),), (s,))], "together"),
    "wrong lane": (named("quad"), lambda s: [replace(s, value=s.value.xreplace({Integer(4): Integer(8)}))],
                   "never written|differs|is written"),
    "wrong warp": (named("warp_row"), lambda s: [replace(s, value=Integer(0))], "is written"),
    "not rounded": (lambda s: isinstance(s, Scope) and "rounded" in s.remark, drop, "not rounded"),
    "barrier removed": (lambda s: isinstance(s, Barrier), drop, "without a barrier|never written"),
    "pack read elsewhere": (
        lambda s: isinstance(s, Vector) and s.target.array == "left_own",
        lambda s: [replace(s, source=Cell("right", *s.source.indices))],
        "differs|never written",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG_NESTS)
def test_wrong_nests_are_refused(mistake):
    kind, new, message = WRONG_NESTS[mistake]
    refused(RIGHT, nth(kind, 0, new), message, 40)


# -- banks ---------------------------------------------------------------------------------------------------------


def banks_met_twice(one, names):
    """Accesses of shared memory by a warp in which threads served at once meet in a bank, by array and direction.

    Memory serves as many lanes at once as read or write 128 bytes together.
    """
    shapes = {a.name: (*a.shape[:-1], a.shape[-1] + a.padding) for a in one.arrays if a.shared}
    found = set()
    for step in steps_of(one.steps):
        if not isinstance(step, Vector | Set):
            continue
        source = step.source if isinstance(step, Vector) else step.value
        for cell in (cell for cell in (step.target, source) if isinstance(cell, Cell) and cell.array in shapes):
            width = step.count if isinstance(step, Vector) else 1
            words = [address(cell, shapes[cell.array], lane, names) for lane in range(32)]
            for first in range(0, 32, 32 // width):
                served = {word + k for word in words[first : first + 32 // width] for k in range(width)}
                if len({word % 32 for word in served}) < len(served):
                    found.add((cell.array, "read" if cell is source else "written"))
    return found


def address(cell, shape, lane, names):
    """Of a lane of the first warp, all loops at their first pass."""
    table = {index: Integer(0) for index in cell.free_symbols if index not in names}
    place = 0
    for index, extent in zip(cell.indices, shape, strict=True):
        value = index.xreplace(
            {name: value.xreplace({Index("threadIdx.x"): Integer(lane)}) for name, value in names.items()}
        )
        place = place * extent + int(value.xreplace(table).doit())
    return place


def met_twice(tiles, part):
    one = nest(dense(256, 256, part), 4, tiles)
    thread = Index("threadIdx.x")
    places = [s for s in steps_of(one.steps) if named("place")(s)]
    names = {s.index: s.value for s in one.steps if isinstance(s, IndexValue)}
    names |= {s.index: s.value.xreplace({Index("load"): Integer(0)}) for s in places}
    return banks_met_twice(one, {**names, thread: thread})


@pytest.mark.parametrize("part", ["", "adjoint", "gradient_weight"])
@pytest.mark.parametrize("tiles", [SMALL[2], *LARGE])
def test_threads_meet_in_no_bank(tiles, part, monkeypatch):
    assert not met_twice(tiles, part)
    monkeypatch.setattr("dyadic.codegen.loops.warp_tiles._SKEW", 4)
    assert met_twice(tiles, part)


def test_the_catalogue_has_contractions_for_them():
    derivation = derive(
        architecture(
            {
                "inputs": {"x": {"shape": [24, 32]}},
                "layers": [{"name": "a", "type": "multi_head_attention", "heads": 2}],
                "cost": {"type": "squared_error"},
            }
        )
    )
    chosen = [nest(kernel, 4, tensor_cores="tf32") for kernel in all_kernels(derivation)]
    assert sum(map(on_tensor_cores, chosen)) >= 8
