"""Kernels and nests as data: right ones pass their checks; each kind of wrong one is refused by the check for it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sympy import Integer
from test_coverage import example

from dyadic.codegen.loops.build import few, nest, plain
from dyadic.codegen.loops.contraction import contraction
from dyadic.codegen.loops.kernel import Accumulate, Axis, Let, Local, Masked, Put
from dyadic.codegen.loops.lower import kernels as lower
from dyadic.codegen.loops.memory import Global
from dyadic.codegen.loops.nest import (
    THREAD,
    Array,
    Barrier,
    Cell,
    Combine,
    For,
    Halving,
    If,
    IndexValue,
    Nest,
    Scope,
    Set,
)
from dyadic.codegen.loops.nest_machine import Fault, check
from dyadic.codegen.loops.schedule import PerElement, Tiled, Together, choose
from dyadic.codegen.loops.split import chunk_length, split
from dyadic.codegen.loops.wellformed import KernelError, distinct_names, verify
from dyadic.codegen.program import parts, program_key, programs
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.expressions import Index, Inside
from dyadic.symbolic.spec import LAYER_TYPES

PLAIN = PerElement(32)


def all_kernels(derivation):
    layers, costs = programs(derivation)
    for vertex in derivation.architecture.vertices:
        program = layers[program_key(derivation, vertex)]
        for part, routine in parts(program):
            yield from lower(f"{program.name}_{part}", routine, vertex.sizes)
    for cost in derivation.architecture.costs:
        for routine in (costs[cost.owner].value, costs[cost.owner].sensitivity):
            yield from lower(costs[cost.owner].name, routine, cost.sizes)


@cache
def kernels_of(name):
    return tuple(all_kernels(example(name)))


@cache
def dense(inputs=22, units=20, part=""):
    layer = {"name": "d", "type": "dense", "units": units, "activation": "tanh"}
    spec = {"inputs": {"x": {"shape": [inputs]}}, "layers": [layer], "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    (program,) = programs(derivation)[0].values()
    routine = dict(parts(program))[part]
    return lower("dense", routine, derivation.architecture.by_name["d"].sizes)[0]


# -- right ones ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LAYER_TYPES, *COSTS])
def test_every_kernel_satisfies_the_specification_and_its_schedule(name):
    for kernel in kernels_of(name):
        verify(kernel)
        chosen, plain = nest(kernel, 8), nest(kernel, 8, PLAIN)
        distinct_names(chosen)
        if chosen != plain and kernel.accumulators:
            check(chosen, plain, 3)


TILES = (Tiled(16, 16, 16, 1, 1, 1), Tiled(8, 16, 8, 2, 4, 2), Tiled(16, 8, 8, 4, 2, 2))


@pytest.mark.parametrize("name", ["conv", "conv_transpose", "multi_head_attention", "einsum", "dense"])
def test_every_contraction_in_tiles(name):
    found = [kernel for kernel in kernels_of(name) if contraction(kernel) is not None]
    assert found
    for position, kernel in enumerate(found):
        check(nest(kernel, 8, TILES[position % len(TILES)]), nest(kernel, 8, PLAIN), 3)


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize("part", ["", "adjoint", "gradient_weight"])
@pytest.mark.parametrize("tiles", [*TILES, Tiled(32, 32, 16, 2, 2, 2)])
def test_ragged_tiles(tiles, part, batch):
    kernel = dense(part=part)
    tiled = nest(kernel, 8, tiles)
    distinct_names(tiled)
    check(tiled, nest(kernel, 8, PLAIN), batch)


def test_the_largest_tile():
    check(nest(dense(), 4, Tiled(128, 128, 8, 8, 8, 4)), nest(dense(), 4, PLAIN), 5)


@pytest.mark.parametrize("lanes", [Together(32), Together(4, 8)])
@pytest.mark.parametrize("name", ["layer_norm", "softmax", "max_pool", "cross_entropy", "batch_norm"])
def test_reductions_by_several_threads(name, lanes):
    for kernel in kernels_of(name):
        several = len(kernel.accumulators) == 1 and kernel.accumulators[0].kind != "argmax"
        if kernel.accumulators and (lanes.elements == 1 or several):
            check(nest(kernel, 8, lanes), nest(kernel, 8, PLAIN), 3)


def test_a_long_sum_in_two_kernels_is_the_sum():
    kernel = dense(part="gradient_weight")
    for part in split(kernel, 4):
        verify(part)
        for batch in (1, 4, 11):
            check(nest(part, 8, PLAIN), nest(part, 8), batch)


def test_what_a_kernel_gets():
    assert isinstance(choose(dense(1024, 1024, "gradient_weight"), 4), Tiled)
    assert choose(dense(1024, 1024, "gradient_weight"), 4).per_row == 8
    assert isinstance(choose(dense(1024, 1024, "gradient_bias"), 4), Together)
    assert isinstance(choose(dense(3, 4), 4), PerElement)
    small = few(dense(1024, 1024), 4)
    assert small is not None
    assert small.kernel.name == "dense_f_few"
    assert few(dense(1024, 1024, "gradient_weight"), 4) is None
    assert chunk_length(dense(1024, 1024, "gradient_weight")) is None


# -- wrong kernels: the specification says no ----------------------------------------------------------------------

CONV = next(k for k in kernels_of("conv") if k.accumulators and k.accumulators[0].guards)


def changed(kernel, old, new):
    return replace(kernel, statements=tuple(new if statement is old else statement for statement in kernel.statements))


def first(kernel, kind):
    return next(statement for statement in kernel.statements if isinstance(statement, kind))


def wrong_kernels():
    total, put = first(CONV, Accumulate), first(CONV, Put)
    other = Index("z")
    yield "guard removed", changed(CONV, total, replace(total, guards=())), "is read at"
    (guard, *more) = total.guards
    wide = Inside(guard.args[0] + 1, guard.args[1])
    yield "guard off by one", changed(CONV, total, replace(total, guards=(wide, *more))), "is read at"
    longer = (*total.axes[:-1], replace(total.axes[-1], extent=total.axes[-1].extent + 9))
    yield "sum too long", changed(CONV, total, replace(total, axes=longer)), "is read at"
    swapped = put.entry.func(*put.entry.args[:2], *reversed(put.entry.indices))
    yield "transposed store", changed(CONV, put, replace(put, entry=swapped)), "not stored once"
    yield "store left out", replace(CONV, statements=CONV.statements[:-1]), "where the outputs are"
    yield "store twice", replace(CONV, statements=(*CONV.statements, put)), "where the outputs are"
    short = (*CONV.axes[:-1], replace(CONV.axes[-1], extent=CONV.axes[-1].extent - 1))
    yield "axis one short", replace(CONV, axes=short), "not stored once"
    yield (
        "unbound index",
        changed(CONV, total, replace(total, value=total.value.xreplace({total.axes[0].index: other}))),
        "not bound",
    )
    yield "index bound twice", replace(CONV, axes=(*CONV.axes, CONV.axes[0])), "bound twice"
    yield "local unknown", changed(CONV, put, replace(put, value=Local("nothing"))), "before it is defined"
    yield "local twice", replace(CONV, statements=(total, *CONV.statements)), "defined twice"
    yield "output read", changed(CONV, put, replace(put, value=put.entry)), "not an input"
    read = replace(CONV, reads=(*CONV.reads, *CONV.writes))
    yield "read and written", read, "read and written"
    empty = changed(CONV, total, replace(total, axes=(*total.axes, Axis(other, Integer(0)))))
    yield "empty axis", empty, "the extent of z"
    yield "no condition", changed(CONV, total, replace(total, guards=(Integer(7), *total.guards))), "not a condition"


@pytest.mark.parametrize(
    ("kernel", "message"), [row[1:] for row in wrong_kernels()], ids=[r[0] for r in wrong_kernels()]
)
def test_wrong_kernels_are_refused(kernel, message):
    verify(CONV)
    with pytest.raises(KernelError, match=message):
        verify(kernel)


def test_a_select_guards_only_what_it_holds():
    pad = kernels_of("pad")[0]
    verify(pad)
    let = first(pad, Let)
    value, guard, *_ = let.value.args
    with pytest.raises(KernelError, match="is read at"):
        verify(changed(pad, let, replace(let, value=value + Masked(Integer(1), guard))))


# -- wrong nests: the machine says no ------------------------------------------------------------------------------


def rewritten(steps, change):
    """The steps with ``change`` applied to each, innermost first: it returns what stands in a step's place."""
    found = []
    for step in steps:
        if isinstance(step, For | Halving | If | Scope):
            step = replace(step, body=rewritten(step.body, change))
        found += change(step)
    return tuple(found)


def nth(kind, number, new):
    """A change of the number-th step that ``kind`` admits."""
    seen = [0]

    def change(step):
        if not kind(step):
            return [step]
        seen[0] += 1
        return new(step) if seen[0] - 1 == number else [step]

    return change


def drop(_):
    return []


def is_barrier(step):
    return isinstance(step, Barrier)


def wider(step):
    """A guard off by one in every extent."""
    return [replace(step, conditions=tuple(Inside(c.args[0], c.args[1] + 1) for c in step.conditions))]


def named(name):
    return lambda step: isinstance(step, IndexValue) and step.index.name == name


TILED = nest(dense(), 8, Tiled(8, 16, 8, 2, 4, 2))
SHARED = nest(dense(part="gradient_bias"), 8, Together(4, 8))
LANES = nest(dense(), 8, Together(8))
ELEMENTS = nest(dense(part="adjoint"), 8, PLAIN)


def is_tail(step):
    """The condition around a tile's stores."""
    stores = isinstance(step, If) and any(isinstance(s, Set) and isinstance(s.target, Local) for s in step.body)
    return stores and len(step.conditions) == 2


WRONG_NESTS = {
    "barrier before the loop removed": (TILED, nth(is_barrier, 1, drop), "without a barrier|never written"),
    "barrier in the loop removed": (TILED, nth(is_barrier, 0, drop), "without a barrier|never written"),
    "stale double buffer": (
        TILED,
        nth(named("stage"), 0, lambda s: [replace(s, value=Integer(0))]),
        "without a barrier|differs|never written",
    ),
    "edge guard off by one": (TILED, nth(is_tail, 0, wider), "position"),
    "tile not covered": (
        TILED,
        nth(lambda s: isinstance(s, For) and s.index.name == "load", 0, lambda s: [replace(s, stop=s.stop - 1)]),
        "never written",
    ),
    "depth not covered": (
        TILED,
        nth(lambda s: isinstance(s, For) and s.index.name == "start", 0, lambda s: [replace(s, stop=s.stop - 8)]),
        "differs",
    ),
    "block of a thread not covered": (
        TILED,
        nth(lambda s: isinstance(s, For) and s.index.name == "across", 2, lambda s: [replace(s, stop=s.stop - 1)]),
        "is written 0 times",
    ),
    "transposed tile": (
        TILED,
        nth(named("ty"), 0, lambda s: [replace(s, value=THREAD[0] * 0)]),
        "is written",
    ),
    "barrier before a tree removed": (SHARED, nth(is_barrier, 1, drop), "without a barrier"),
    "barrier in a tree removed": (SHARED, nth(is_barrier, 0, drop), "without a barrier"),
    "all lanes store": (
        LANES,
        nth(lambda s: isinstance(s, If), -1 + sum(isinstance(s, If) for s in LANES.steps) + 1, lambda s: list(s.body)),
        "is written 8 times",
    ),
    "a lane's terms left out": (
        LANES,
        nth(lambda s: isinstance(s, For), 0, lambda s: [replace(s, start=s.start + 1)]),
        "differs",
    ),
    "barrier under a condition": (
        LANES,
        nth(is_barrier, 0, lambda s: [If((Inside(Index("lane"), Integer(2)),), (s,))]),
        "do not come to a barrier",
    ),
    "guard of the elements off by one": (ELEMENTS, nth(lambda s: isinstance(s, If), 0, wider), "position"),
    "wrong operator": (
        ELEMENTS,
        nth(lambda s: isinstance(s, Combine), 0, lambda s: [replace(s, kind="max")]),
        "differs",
    ),
}


@pytest.mark.parametrize("mistake", WRONG_NESTS)
def test_wrong_nests_are_refused(mistake):
    refused(*WRONG_NESTS[mistake], 9)


def refused(right, change, message, batch):
    """A nest passes, and with its steps changed it does not."""
    check(right, plain(right.kernel, 8), batch)
    wrong = replace(right, steps=rewritten(right.steps, change))
    assert wrong.steps != right.steps
    with pytest.raises(Fault, match=message):
        check(wrong, plain(right.kernel, 8), batch)


def test_a_grid_that_is_short_is_refused():
    plain = nest(dense(), 8, PLAIN)
    with pytest.raises(Fault, match="is written 0 times"):
        check(replace(TILED, grid=(Integer(1),)), plain, 9)


def test_a_missing_part_of_a_split_sum_shows():
    partial, final = split(dense(part="gradient_weight"), 4)
    whole = first(final, Accumulate)
    short = changed(final, whole, replace(whole, axes=(replace(whole.axes[0], extent=Integer(1)),)))
    with pytest.raises(Fault, match="differs"):
        check(nest(short, 8, PLAIN), nest(final, 8, PLAIN), 11)
    total = first(partial, Accumulate)
    with pytest.raises(KernelError, match="is read at"):
        verify(changed(partial, total, replace(total, guards=())))


def test_one_name_for_two_things_is_refused():
    kernel = dense()
    clash = Nest(kernel, (Integer(1),), (32,), (Array("b", (4,), shared=False),), (Set(Cell("b", 0), Integer(0)),))
    with pytest.raises(KernelError, match=r"\['b'\] are tensors and arrays"):
        distinct_names(clash)
    local = first(kernel, Let)
    with pytest.raises(KernelError, match="are tensors and indices"):
        distinct_names(
            Nest(kernel, (Integer(1),), (32,), (), (IndexValue(Index("W"), Integer(0)), Set(local.local, local.value)))
        )


def test_a_number_is_written_by_one_thread_once():
    """Memory without axes, as for the derivative of a cost by its logarithm of a sum."""
    one, two = np.zeros(1, int), np.arange(2)
    number = Global("number", np.zeros(()), output=True)
    with pytest.raises(Fault, match="is written 0 times"):
        number.finished()
    number.write([], np.array([7.0]), one)
    number.finished()
    assert number.values == 7
    number.write([], np.array([8.0, 9.0]), two)
    with pytest.raises(Fault, match="is written 3 times"):
        number.finished()
    assert Global("read", np.full((), 5.0), output=False).read([], two).tolist() == [5, 5]
