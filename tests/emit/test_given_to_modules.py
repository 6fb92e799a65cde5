"""What people hand to emitted modules: arrays of other classes, places that overlap, things that are no arrays."""

import numpy as np
import pytest
from support.emulated import drawn, emitted, two_layers
from support.optional import needed

TARGETS = ("numpy", "c", "cupy")
DERIVATION = two_layers()


@pytest.fixture(params=TARGETS)
def module(request, monkeypatch):
    return emitted(DERIVATION, request.param, monkeypatch)


@pytest.fixture
def given():
    return drawn(DERIVATION)


@pytest.mark.parametrize("kind", [np.matrix, np.ma.masked_array])
def test_other_classes_of_arrays_are_arrays(module, given, kind):
    """The product of two matrices with * is no product by entries."""
    params, x, y = given
    loss, found = module.gradients(params, x, y)
    other, same = module.gradients({k: v if v.ndim < 2 else kind(v) for k, v in params.items()}, kind(x["x"]), kind(y))
    assert float(other) == float(loss)
    assert all(np.array_equal(np.asarray(same[name]), np.asarray(found[name])) for name in found)
    state = module.wavefront(params, x, y)
    wanted = module.relax(params, x, y, 1, state=state)
    state.x = {name: kind(np.asarray(value)) for name, value in state.x.items()}
    assert all(np.array_equal(*map(np.asarray, pair)) for pair in zip(
        module.relax(params, x, y, 1, state=state).s.values(), wanted.s.values(), strict=True))  # fmt: skip


def views(shapes):
    """Arrays that lie one behind the other in one."""
    whole, found, start = np.empty(sum(map(np.prod, shapes.values()))), {}, 0
    for name, shape in shapes.items():
        found[name] = whole[start : start + np.prod(shape)].reshape(shape)
        start += np.prod(shape)
    return found


def test_gradients_go_to_parts_of_one_array(given, monkeypatch):
    for target in ("numpy", "c"):
        module = emitted(DERIVATION, target, monkeypatch)
        out = views(module.PARAMETERS)
        loss, found = module.gradients(*given, out=out)
        other, wanted = module.gradients(*given)
        assert found is out
        assert loss == other
        assert all(np.array_equal(out[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize(
    "case", ["the parameters", "an input", "a target", "each other", "a part of a parameter", "foreign"]
)
def test_places_that_overlap_are_refused(target, case, given, monkeypatch):
    module, (params, x, y) = emitted(DERIVATION, target, monkeypatch), given
    out = views(module.PARAMETERS)
    if case == "the parameters":
        out = params
    elif case == "an input":
        x = out["a.weight"][:4, :4].copy()
        out["a.weight"] = views({"one": (5, 4)})["one"]
        x = out["a.weight"][:4]
    elif case == "a target":
        y = out["b.weight"].reshape(-1)[:12].reshape(4, 3)
    elif case == "each other":
        out["a.bias"] = out["a.weight"].reshape(-1)[3:8]
    elif case == "foreign":  # two arrays of which neither knows the other's memory
        memory = bytearray(8 * 20)
        out["a.weight"] = np.frombuffer(memory).reshape(5, 4)
        x = np.frombuffer(memory)[:16].reshape(4, 4)
    else:
        whole = np.zeros(30)
        params = {**params, "b.bias": whole[:3]}
        out["a.bias"] = whole[2:7]
    with pytest.raises(ValueError, match="shares memory"):
        module.gradients(params, x, y, out=out)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_other_keys_of_out_are_left_alone(target, given, monkeypatch):
    module, (params, x, y) = emitted(DERIVATION, target, monkeypatch), given
    before = {name: array.copy() for name, array in params.items()}
    out = views(module.PARAMETERS) | dict.fromkeys(range(6), params["a.weight"])
    loss, _ = module.gradients(params, x, y, out=out)
    assert loss == module.gradients(before, x, y)[0]
    assert all(np.array_equal(params[name], before[name]) for name in params)


WRONG = {
    "out": (lambda module, p, x, y: module.gradients(p, x, y, out=[1]), "out must be a dict"),
    "workspace": (lambda module, p, x, y: module.gradients(p, x, y, workspace=3), "workspace must be a Workspace"),
    "params": (lambda module, p, x, y: module.gradients([1], x, y), "params must be a dict"),
    "h": (lambda module, p, x, y: module.relax(p, x, y, h="1"), "h must be a positive number"),
    "state": (lambda module, p, x, y: module.relax(p, x, y, state=3), "state.x lacks"),
    "vertices": (lambda module, p, x, y: module.relax(p, x, y, state=module.State({}, {})), "state.x lacks"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_array_is_refused_in_one_sentence(module, given, case):
    call, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        call(module, *given)


def test_a_sign_that_pytorch_keeps_apart(monkeypatch, given):
    torch = needed("torch")
    module, (params, x, y) = emitted(DERIVATION, "numpy", monkeypatch), given
    turned = torch.complex(torch.zeros(4, 4).double(), torch.from_numpy(-x["x"])).conj().imag
    assert turned.is_neg()
    assert float(module.gradients(params, turned, y)[0]) == float(module.gradients(params, x, y)[0])
