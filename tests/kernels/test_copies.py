"""Copies into shared memory that are waited for (cp.async): what they hold, and that what goes wrong with them shows.

The nest's machine and the emulation take the worst order: a copy spoils its cells when it starts and arrives when its
thread waits for its group.
"""

from dataclasses import replace

import numpy as np
import pytest
from support.emulated import kernel_source, shows
from support.long_tests import one_in
from support.optional import require
from test_loops import PLAIN, dense, drop, kernels_of, nth, refused, rewritten

from dyadic.codegen import emit
from dyadic.codegen.cubin import compile_cubin, find_nvrtc
from dyadic.codegen.emulator.module_comparison import differences, finite_draw, worst
from dyadic.codegen.emulator.stand_in import loaded
from dyadic.codegen.loops import schedule
from dyadic.codegen.loops.build import nest
from dyadic.codegen.loops.contraction import contraction
from dyadic.codegen.loops.memory import Shared
from dyadic.codegen.loops.nest import Barrier, Cell, Commit, Copy, Scope, Vector, Wait, steps_of
from dyadic.codegen.loops.nest_machine import Fault, check
from dyadic.codegen.loops.schedule import Tiled, choose
from dyadic.codegen.loops.wellformed import distinct_names
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Index, Inside

TILES = (Tiled(16, 16, 16, 1, 1, 1, True), Tiled(8, 16, 8, 2, 4, 2, True), Tiled(16, 8, 8, 4, 2, 2, True))


def copies(one):
    return [step for step in steps_of(one.steps) if isinstance(step, Copy)]


# -- nests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize("part", ["", "adjoint", "gradient_weight"])
@pytest.mark.parametrize("tiles", TILES)
def test_ragged_tiles(tiles, part, batch):
    kernel = dense(part=part)
    found = nest(kernel, 8, tiles)
    distinct_names(found)
    check(found, nest(kernel, 8, PLAIN), batch)


@pytest.mark.parametrize("name", ["conv", "conv_transpose", "multi_head_attention", "einsum"])
def test_every_contraction(name):
    found = [kernel for kernel in kernels_of(name) if contraction(kernel) is not None]
    for position, kernel in enumerate(found):
        check(nest(kernel, 8, TILES[position % len(TILES)]), nest(kernel, 8, PLAIN), 3)


@pytest.mark.parametrize(
    ("part", "sides"), [("", set()), ("adjoint", {"right"}), ("gradient_weight", {"left", "right"})]
)
def test_a_tile_that_is_turned_goes_through_registers(part, sides):
    one = nest(dense(part=part), 8, TILES[1])
    assert {step.target.array for step in copies(one)} == sides
    assert {array.name for array in one.arrays if array.name.endswith("_next")} == {
        f"{side}_next" for side in {"left", "right"} - sides
    }
    loaded_sides = {s.target.array for s in steps_of(one.steps) if isinstance(s, Vector) and "next" in s.target.array}
    assert loaded_sides == {f"{side}_next" for side in {"left", "right"} - sides}


def test_they_are_a_choice():
    large = dense(1024, 1024, "gradient_weight")
    assert choose(large, 4).copies
    assert copies(nest(large, 4))
    assert not copies(nest(large, 4, replace(choose(large, 4), copies=False)))
    assert not copies(nest(large, 4, tensor_cores="tf32"))


RIGHT = nest(dense(part="gradient_weight"), 8, TILES[1])


def of(kind):
    return lambda step: isinstance(step, kind)


def wider(step):
    return [replace(step, conditions=tuple(Inside(c.args[0], c.args[1] + 1) for c in step.conditions))]


def into_the_tile_in_use(step):
    return [replace(step, target=Cell(step.target.array, Index("stage"), *step.target.indices[1:]))]


WRONG_NESTS = {
    "no wait before the loop": (nth(of(Wait), 0, drop), "waited for|never written"),
    "no wait in the loop": (nth(of(Wait), 1, drop), "waited for"),
    "a group too many under way, before the loop": (nth(of(Wait), 0, lambda s: [Wait(1)]), "waited for|never written"),
    "a group too many under way, in the loop": (nth(of(Wait), 1, lambda s: [Wait(1)]), "waited for"),
    "a group that is not closed": (nth(of(Commit), 1, drop), "waited for"),
    "wait before the multiplication": (nth(of(Wait), 1, lambda s: [Barrier()]), "waited for"),
    "no barrier behind the wait, before the loop": (nth(of(Barrier), 0, drop), "without a barrier|never written"),
    "no barrier behind the wait, in the loop": (nth(of(Barrier), 1, drop), "without a barrier"),
    "barrier before the wait alone": (nth(of(Barrier), 1, drop), "without a barrier"),
    "into the tile in use": (nth(of(Copy), 2, into_the_tile_in_use), "without a barrier|was used|waited for"),
    "edges off by one": (nth(of(Copy), 0, wider), "position"),
    "part of a pack": (nth(of(Copy), 0, lambda s: [replace(s, count=1)]), "never written"),
    "twice": (nth(of(Copy), 0, lambda s: [s, s]), "waited for"),
}


@pytest.mark.parametrize("mistake", WRONG_NESTS)
def test_wrong_nests_are_refused(mistake):
    refused(RIGHT, *WRONG_NESTS[mistake], 20)


def test_a_copy_that_nobody_waits_for_is_refused():
    again = next(s for s in RIGHT.steps if isinstance(s, Scope) and "copied" in s.remark)
    with pytest.raises(Fault, match="never waited for"):
        check(replace(RIGHT, steps=(*RIGHT.steps, again)), nest(RIGHT.kernel, 8, PLAIN), 20)


def test_more_care_than_needed_is_allowed():
    for change in (
        nth(of(Wait), 1, lambda s: [s, Barrier(), s]),
        nth(of(Commit), 1, lambda s: [s, s]),
    ):
        check(replace(RIGHT, steps=rewritten(RIGHT.steps, change)), nest(RIGHT.kernel, 8, PLAIN), 20)


def test_cells_under_copy():
    """By hand: two threads, two groups."""
    one, two, both = np.array([0]), np.array([1]), np.arange(2)
    cells = Shared("cells", (4,), np.float64)
    cells.start([both], np.array([7.0, 8.0]), both, np.array([0, 0]))
    cells.start([both + 2], np.array([5.0, 6.0]), both, np.array([1, 1]))
    cells.arrive(one, np.array([1, 1]))
    assert cells.read([np.array([0])], one).tolist() == [7]
    for position, who, message in ((0, two, "without a barrier"), (1, two, "waited for"), (2, one, "waited for")):
        with pytest.raises(Fault, match=message):
            cells.read([np.array([position])], who)
        with pytest.raises(Fault, match=message):
            cells.write([np.array([position])], np.zeros(1), who)
    cells.arrive(both, np.array([2, 2]))
    cells.finished()
    cells.barrier()
    assert cells.read([np.arange(4)], np.zeros(4, int)).tolist() == [7, 8, 5, 6]
    with pytest.raises(Fault, match="that was used"):  # by the very thread: a copy does not keep its order
        cells.start([one], np.zeros(1), one, one)
    cells.barrier()
    with pytest.raises(Fault, match="two threads copy"):
        cells.start([np.zeros(2, int)], np.zeros(2), both, both)


# -- emitted text --------------------------------------------------------------------------------------------------


@pytest.fixture
def tiles(request, monkeypatch):
    """Every contraction in tiles of one kind."""
    monkeypatch.setattr(schedule, "_TILES", (request.param,))


def network():
    layers = [{"type": "dense", "name": f"d{units}", "units": units, "activation": "tanh"} for units in (20, 24)]
    return derive(architecture({"inputs": {"x": {"shape": [12]}}, "layers": layers, "cost": {"type": "squared_error"}}))


def texts(derivation):
    return emit(derivation, "cupy", "float64").text, loaded(emit(derivation, "numpy", "float64").text)


@pytest.mark.usefixtures("compiler", "tiles")
@pytest.mark.parametrize("tiles", one_in(4, [k for k in schedule._TILES if k[0] <= 64]), indirect=True)
@pytest.mark.parametrize("order", one_in(4, [5, 0, 1]))
@pytest.mark.parametrize("old_device", [False, True])
def test_the_text_of_every_tile_equals_numpy(order, old_device):
    """Also where there are no such copies."""
    derivation = network()
    text, reference = texts(derivation)
    assert "start_copy<" in text
    if old_device:
        text = text.replace("__CUDA_ARCH__ >= 800", "__CUDA_ARCH__ > 800")
    given = finite_draw(derivation, reference, 19, 0)
    where, difference = worst(differences(loaded(text, order), reference, given))
    assert difference < 1e-12, where


WAIT, BARRIER = "        wait_for_copies<0>();\n", "        __syncthreads();\n"
BROKEN = {
    "no wait before the loop": ("    wait_for_copies<0>();\n    __sync", "    __sync"),
    "no wait in the loop": ("        wait_for_copies<0>();\n        __sync", "        __sync"),
    "wrong number of groups": ("        wait_for_copies<0>", "        wait_for_copies<1>"),
    "group not closed": ("            commit_copies();\n", ""),
    "no barrier behind the wait": (WAIT + BARRIER, WAIT),
    "barrier before the wait": (WAIT + BARRIER, BARRIER + WAIT),
    "into the tile in use": ("start_copy<2>(&right[1 - stage]", "start_copy<2>(&right[stage]"),
    "no zeros": ("bytes = inside ? size : 0", "bytes = size"),
    "edge off by one": ("row < 20 && term < batch", "row < 20 && term <= batch"),
    "half a pack": ("start_copy<2>", "start_copy<1>"),
    "not aligned": ("right[0][place / 16][2 * (place % 16)]", "right[0][place / 16][2 * (place % 16) + 1]"),
    "reads may move": (': "memory");', ");"),
    "not volatile": ('asm volatile("cp', 'asm("cp'),
    "never waited for": ("{   // what follows", "start_copy<2>(right[0][0], z_bar, true); {   // what follows"),
}  # fmt: skip


@pytest.mark.usefixtures("compiler", "tiles")
@pytest.mark.parametrize("tiles", [schedule._TILES[2]], indirect=True)
@pytest.mark.parametrize("mistake", one_in(6, BROKEN))
def test_a_mistake_in_the_text_is_found(mistake):
    old, new = BROKEN[mistake]
    derivation = network()
    text, reference = texts(derivation)
    head, kernel, rest = text.partition('extern "C" __global__ void dense_tanh_n24_W_bar(')
    assert kernel
    wrong = head.replace(old, new) + kernel + rest.replace(old, new, 1)
    assert wrong != text
    given = finite_draw(derivation, reference, 35, 0)
    assert shows(lambda order: worst(differences(loaded(wrong, order), reference, given))[1])


@pytest.mark.long
def test_older_devices_compile_it():
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    text = emit(network(), "cupy", "float32").text
    assert {one.spills for one in compile_cubin(kernel_source(text), "sm_75").kernels.values()} == {0}
