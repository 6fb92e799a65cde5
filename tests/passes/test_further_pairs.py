"""Thirty right pairs and thirty wrong ones in three styles: executed against differences, and decided."""

import numpy as np
import pytest
from passes.further_pairs import pairs
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

ALL = list(pairs())
SIZES = {"n": 3, "d": 4, "m": 2}


def test_there_are_sixty():
    assert [sum(pair[2] is right for pair in ALL) for right in (True, False)] == [30, 30]
    assert len({pair[:3] for pair in ALL}) == 60


@pytest.mark.parametrize(("style", "name", "right", "text"), one_row_in(3, ALL))
def test_each_is_decided(tmp_path, style, name, right, text):
    path = tmp_path / "f.py"
    path.write_text(text)
    claim = examine_pair(CodeFile(path, name))
    assert claim.verdict is (Verdict.PROVED if right else Verdict.REFUTED), (claim.reason, claim.counterexample)


@pytest.mark.parametrize(("style", "name", "right", "text"), one_row_in(5, ALL))
def test_each_is_what_it_is_said_to_be(tmp_path, style, name, right, text):
    """By differences of the forward pass as it is executed."""
    path = tmp_path / "f.py"
    path.write_text(text)
    shapes = {
        argument: tuple(SIZES.get(dim, dim) for dim in shape) for argument, shape in CodeFile(path, name).shapes.items()
    }
    draw = np.random.default_rng(6)
    arguments = [1.5 * draw.normal(size=shape) for shape in shapes.values()]
    value, gradients = EXECUTED[style](text, name)
    upstream = [draw.normal(size=np.shape(output)) for output in value(arguments)]
    worst = 0.0
    for position, found in enumerate(gradients(arguments, upstream)):
        wanted = np.zeros(arguments[position].shape)
        for place in np.ndindex(wanted.shape):
            sides = []
            for step in (1e-5, -1e-5):
                moved = [array.copy() for array in arguments]
                moved[position][place] += step
                sides.append(sum(np.sum(g * out) for g, out in zip(upstream, value(moved), strict=True)))
            wanted[place] = (sides[0] - sides[1]) / 2e-5
        worst = max(worst, np.max(np.abs(wanted - np.broadcast_to(found, wanted.shape))))
    assert (worst < 1e-6) if right else (worst > 1e-3)


def _numpy(text, name):
    space = {}
    exec(text, space)
    forward, backward = space[f"{name}_forward"], space[f"{name}_backward"]

    def outputs(arguments):
        found = forward(*[array.copy() for array in arguments])
        return (found[:1], found[1:]) if isinstance(found, tuple) else ((found,), ())

    def gradients(arguments, upstream):
        found = backward(*upstream, *outputs(arguments)[1])
        return found if isinstance(found, tuple) else (found,)

    return lambda arguments: outputs(arguments)[0], gradients


def _torch(text, name):
    import torch

    space = {}
    exec(text, space)

    def value(arguments):
        return (space[name].apply(*map(torch.tensor, arguments)).numpy(),)

    def gradients(arguments, upstream):
        tensors = [torch.tensor(array, requires_grad=True) for array in arguments]
        space[name].apply(*tensors).backward(torch.tensor(upstream[0]))
        return [tensor.grad.numpy() for tensor in tensors]

    return value, gradients


def _jax(text, name):
    import jax

    space = {}
    exec(text, space)

    def value(arguments):
        with jax.enable_x64(True):
            found = space[f"{name}_fwd"](*map(jax.numpy.array, arguments))[0]
            return [np.asarray(one) for one in (found if isinstance(found, tuple) else (found,))]

    def gradients(arguments, upstream):
        with jax.enable_x64(True):
            kept = space[f"{name}_fwd"](*map(jax.numpy.array, arguments))[1]
            given = tuple(map(jax.numpy.array, upstream))
            return [np.asarray(one) for one in space[f"{name}_bwd"](kept, given if len(given) > 1 else given[0])]

    return value, gradients


EXECUTED = {"numpy": _numpy, "torch": _torch, "jax": _jax}
