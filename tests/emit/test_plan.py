"""The plan: nothing is called or kept that nobody reads, and everything read is there before it is read."""

import pytest

from dyadic.codegen import emit
from dyadic.codegen.numpy_passes import shared
from dyadic.codegen.numpy_printer import NumpyPrinter
from dyadic.codegen.numpy_target import NumpyTarget
from dyadic.codegen.plan import RoutineCall, Source, make_plan
from dyadic.codegen.program import programs
from dyadic.symbolic import derive, read_spec
from dyadic.symbolic.expressions import Definition, Index, Tensor, size
from dyadic.symbolic.tensor_names import Name, U, V

EXAMPLES = ("digits", "lenet", "decoder", "lstm")


def plan_of(name):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    return derivation, make_plan(derivation, *programs(derivation))


def made(derivation, plan):
    """(what is made, what is read) in order."""
    given = {Source("activation", node.name) for node in derivation.architecture.inputs}
    yield given, set()
    for call in plan.forward:
        count = len(call.routine.outputs)
        yield {Source("value", call.owner, k) for k in range(count)} | {Source("activation", call.owner)}, call.sources
    for step in plan.backward:
        for term in step.sensitivity:
            yield set(), term.of.sources if isinstance(term.of, RoutineCall) else {term.of}
        yield {Source("sensitivity", step.vertex)}, set()
        if step.bars:
            yield {Source("bar", step.vertex, k) for k in range(len(step.bars.routine.outputs))}, step.bars.sources
        for slot, call in step.contributions:
            yield {Source("contribution", step.vertex, slot)}, call.sources
    for _, terms in plan.gradients:
        for term in terms:
            yield set(), term.of.sources
    for _, term in plan.loss:
        yield set(), term.of.sources


@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_is_made_before_it_is_read_and_read_once_made(name):
    known, used = set(), set()
    derivation, plan = plan_of(name)
    for new, read in made(derivation, plan):
        read = {source for source in read if source.group not in ("parameter", "target")}
        assert read <= known
        known |= new
        used |= read
    unread = {source for source in known - used if source.group in ("value", "bar", "contribution")}
    last = {call.owner: len(call.routine.outputs) - 1 for call in plan.forward}
    if name != "lstm":  # there a layer's adjoint reads what its vertex at the first step, fed by inputs, has no use for
        assert all(source.group == "value" and source.position == last[source.name] for source in unread)


def test_what_nobody_reads_is_not_kept():
    _, plan = plan_of("digits")
    hidden = next(call for call in plan.forward if call.owner == "hidden")
    assert [tensor.name.kind for tensor in hidden.routine.outputs] == ["f"]  # tanh' is 1 - f^2: z is not read
    text = emit(derive(read_spec("examples/digits.toml")), "cupy").text
    forward = text[text.index("void dense_tanh_m64_f(") :]
    assert "z[" not in forward[: forward.index("\n}\n")]


def test_what_is_not_called_is_not_emitted():
    derivation = derive(read_spec("examples/digits.toml"))
    assert not any(call.part == "adjoint" and call.owner == "hidden" for call in plan_of("digits")[1].calls)
    for target in ("numpy", "cupy"):
        text = emit(derivation, target).text
        functions = [line[4 : line.index("(")] for line in text.splitlines() if line.startswith("def ")]
        called = [name for name in functions if text.count(f"{name}(") > 1]
        public = {
            "init",
            "gradients",
            "loss",
            "wavefront",
            "relax",
            "energy_gradient",
            "torch_function",
            "jax_function",
        }
        assert set(functions) - set(called) <= public
    names = set(NumpyTarget(derivation, "float64").names.values())
    assert "dense_tanh_gradient_weight" in names


def test_small_powers_are_products():
    """NumPy's power of 3 takes 40 times as long as two products."""
    i, n = Index("i"), size("n")
    x, f = Tensor(Name("x", U), (n,)), Tensor(Name("f", V), (n,))

    def statements(body):
        return shared(NumpyPrinter((x,)).statements(Definition(f, (i,), body)))

    assert statements(2 * x[i] ** 3 + x[i] ** 2) == [("f", "x ** 2 + 2 * (x * x * x)")]
    assert statements(1 / x[i] ** 3) == [("f", "1 / (x * x * x)")]
    assert statements((x[i] + 1) ** 3) == [("sum1", "1 + x"), ("f", "sum1 * sum1 * sum1")]
