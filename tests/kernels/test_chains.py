"""Two matrix products with a function between them, as kernels, and which equations become such: attention's."""

from dataclasses import replace
from functools import cache

import pytest
from support.long_tests import often, one_in
from sympy import Integer
from test_loops import drop, is_barrier, nth, refused, rewritten
from test_online import derived

from dyadic.codegen.loops.build import nest, plain
from dyadic.codegen.loops.chain import chain, with_row_sums
from dyadic.codegen.loops.kernel import Accumulate, Masked
from dyadic.codegen.loops.lower import kernels as lower
from dyadic.codegen.loops.nest import Cell, For, If, Set, steps_of
from dyadic.codegen.loops.nest_machine import Fault, check
from dyadic.codegen.loops.schedule import Streamed
from dyadic.codegen.loops.wellformed import KernelError, verify
from dyadic.codegen.online import online_program
from dyadic.codegen.program import parts, programs
from dyadic.symbolic.expressions import Definition, Mul, split_guards

# -- schedules -----------------------------------------------------------------------------------------------------


@cache
def chains(name):
    """The kernels of a network that are chains, with their own sizes, by the tensor that each is for."""
    derivation = derived(name)
    (vertex,) = (v for v in derivation.architecture.vertices if v.name == "b")
    program = next(p for p in map(online_program, programs(derivation)[0].values()) if p is not None)
    found = [kernel for _, routine in parts(program) for kernel in lower("k", routine, vertex.sizes)]
    return {kernel.name: kernel for kernel in found if chain(kernel)}


SCHEDULES = (Streamed(1, 1, 2), Streamed(2, 1, 2), Streamed(2, 2, 2), Streamed(4, 4, 4))


@pytest.mark.parametrize("schedule", often(SCHEDULES, lambda one: one.own == 2 and one.across == 1))
@pytest.mark.parametrize("name", one_in(4, ["decoder", "cross", "causal, more keys", "wide values"]))
def test_every_schedule(name, schedule):
    found = chains(name)
    assert len(found) == 4
    for kernel in found.values():
        verify(kernel)
        check(nest(kernel, 8, schedule), plain(kernel, 8), 2)


# -- wrong ones ----------------------------------------------------------------------------------------------------


FORWARD = nest(chains("decoder")["k_o"], 8, Streamed(1, 1, 2))
KEYS = nest(chains("decoder")["k_k_bar"], 8, Streamed(1, 1, 2))


def sets(array):
    """A step that sets a cell of an array and reads it as well."""
    return lambda s: isinstance(s, Set) and isinstance(s.target, Cell) and s.target.array == array and s.value.has(Cell)


def loop(name):
    return lambda step: isinstance(step, For) and step.index.name == name


def is_weight(step):
    return isinstance(step, Set) and str(step.target) == "power"


def is_comparison(step):
    """The condition under which a score counts for the largest."""
    return isinstance(step, If) and len(step.conditions) == 3


def is_compared(step):
    """That, or the score itself."""
    score = isinstance(step, Set) and isinstance(step.target, Cell) and step.target.array == "score"
    return is_comparison(step) or (score and isinstance(step.value, Masked))


def unmasked(step):
    """A value or a condition without the bracket of the equations: those of the edges stay."""
    if isinstance(step, If):
        return [replace(step, conditions=step.conditions[:2])]
    value, *conditions = step.value.args
    return [replace(step, value=Masked(value, *conditions[:2]))]


def skipped_too_early(step):
    (condition,) = step.conditions
    return [replace(step, conditions=(condition.func(condition.args[0] - 16, condition.args[1]),))]


def is_skipping(step):
    return isinstance(step, If) and len(step.conditions) == 1


WRONG = {
    "results not rescaled": (FORWARD, nth(sets("sum"), 0, drop), "o differs"),
    "sum not rescaled": (FORWARD, nth(sets("total_own"), 0, drop), "differs"),
    "mask after the maximum": (
        FORWARD,
        lambda step: unmasked(step) if is_compared(step) else [step],
        "l_top differs",
    ),
    "mask left out of the weight": (FORWARD, nth(is_weight, 0, unmasked), "differs"),
    "largest of one tile only": (
        FORWARD,
        nth(loop("lane"), 0, lambda s: [replace(s, stop=s.stop - 1)]),
        "differs",
    ),
    "tile of keys not covered": (FORWARD, nth(loop("start"), 0, lambda s: [replace(s, stop=Integer(16))]), "differs"),
    "part of the depth not covered": (
        FORWARD,
        nth(loop("chunk"), 0, lambda s: [replace(s, stop=Integer(0))]),
        "differs",
    ),
    "tile of queries not covered": (KEYS, nth(loop("start"), 0, lambda s: [replace(s, start=Integer(16))]), "differs"),
    "tile skipped that is seen": (KEYS, nth(is_skipping, 0, skipped_too_early), "differs"),
}


@pytest.mark.parametrize("mistake", one_in(4, WRONG))
def test_wrong_nests_are_refused(mistake):
    refused(*WRONG[mistake], 1)


@pytest.mark.parametrize("number", one_in(6, range(6)))
def test_each_barrier_is_needed(number):
    right = nest(chains("deep")["k_f"], 8, Streamed(1, 1, 2))
    assert sum(map(is_barrier, steps_of(right.steps))) == 6
    wrong = replace(right, steps=rewritten(right.steps, nth(is_barrier, number, drop)))
    with pytest.raises(Fault, match="without a barrier|never written"):
        check(wrong, plain(right.kernel, 8), 1)


def test_a_block_of_queries_left_out_is_refused():
    with pytest.raises(Fault, match="is written 0 times"):
        check(replace(FORWARD, grid=(FORWARD.grid[0] / 2,)), plain(FORWARD.kernel, 8), 2)


# -- what is recognised --------------------------------------------------------------------------------------------


def rewritten_program(program, name, change):
    """The program with one definition's body changed, in whichever routine it stands."""

    def routine(one):
        items = tuple(
            Definition(d.tensor, d.indices, change(d.body)) if d.tensor.name.kind == name else d
            for d in one.definitions
        )
        return replace(one, definitions=items)

    return replace(program, forward=routine(program.forward), bars=routine(program.bars))


def without_guards(body):
    """The same without brackets anywhere."""
    guards, rest = split_guards(body)
    if not body.args:
        return body
    return rest if guards else body.func(*(without_guards(a) if hasattr(a, "func") else a for a in body.args))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("l_top", without_guards),
        ("l_rest", lambda body: 2 * body),
        ("p", lambda body: 2 * body),
        ("p", without_guards),
        ("o", lambda body: -body),
        ("bar p", lambda body: 2 * body),
        ("bar l", lambda body: -body),
        ("bar a", lambda body: -body),
        ("bar a", lambda body: body.args[0]),
    ],
)
def test_equations_that_read_otherwise_are_left(name, change):
    (program,) = (p for p in programs(derived("decoder"))[0].values() if "attention" in p.name)
    assert online_program(program) is not None
    changed = rewritten_program(program, name, change)
    assert changed != program
    assert online_program(changed) is None


def test_row_sums_of_other_scores_are_not_merged():
    kernel = chains("decoder")["k_o"]
    top, rest, mixed = kernel.parts
    assert with_row_sums(top, rest, mixed) == kernel

    def accumulating(part, **changes):
        total, *others = part.statements
        assert isinstance(total, Accumulate)
        return replace(part, statements=(replace(total, **changes), *others))

    doubled = Mul(2, top.statements[0].value, evaluate=False)
    for wrong in (
        (accumulating(top, value=doubled), rest, mixed),
        (accumulating(top, guards=()), rest, mixed),
        (top, accumulating(rest, guards=()), mixed),
        (top, accumulating(rest, kind="max"), mixed),
        (rest, top, mixed),
        (top, rest, rest),
    ):
        assert with_row_sums(*wrong) is None


def test_a_launch_of_several_parts_is_verified_as_one():
    kernel = chains("decoder")["k_o"]
    verify(kernel)
    with pytest.raises(KernelError, match="its parts store"):
        verify(replace(kernel, writes=kernel.writes[1:]))
    with pytest.raises(KernelError, match="nothing before"):
        verify(replace(kernel, before=kernel.before[::-1]))
