"""Emitted gradients inside PyTorch and JAX: gradcheck, a training loop, shared memory, and what is refused."""

import numpy as np
import pytest
from support import plants
from support.emulated import drawn, emitted, two_layers
from support.optional import needed

from dyadic.symbolic import architecture, derive, read_spec

torch = needed("torch")
TARGETS = ("numpy", "c", "cupy")


def digits():
    return derive(read_spec("examples/digits.toml"))


def tensors(arrays, grad=False):
    return {name: torch.tensor(value, requires_grad=grad) for name, value in arrays.items()}


@pytest.mark.parametrize(("name", "target"), [("planted", "numpy"), ("planted", "c"), ("digits", "c"), ("mlp", "cupy")])
def test_the_gradients_are_the_modules(name, target, monkeypatch):
    derivation = {"mlp": two_layers, "planted": plants.derivation, "digits": digits}[name]()
    module, (params, x, y) = emitted(derivation, target, monkeypatch), drawn(derivation)
    loss, wanted = module.gradients(params, x, y)
    given = tensors(params, grad=True)
    targets = tensors(y) if isinstance(y, dict) else torch.tensor(y)
    value = module.torch_function()(given, tensors(x), targets)
    assert value.shape == ()
    assert value.item() == loss
    (2 * value).backward()
    assert all(np.array_equal(given[name].grad.numpy(), 2 * wanted[name]) for name in wanted)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("cost", ["squared_error", "abstract"])
def test_gradcheck(cost, target, monkeypatch):
    derivation = two_layers(cost)
    module, (params, x, y) = emitted(derivation, target, monkeypatch), drawn(derivation)
    function, values = module.torch_function(), list(tensors(params, grad=True).values())
    further = () if cost == "abstract" else (torch.tensor(y),)

    def of(*values):
        return function(dict(zip(params, values, strict=True)), torch.tensor(x["x"]), *further)

    assert torch.autograd.gradcheck(of, values)
    first, *_ = torch.autograd.grad(of(*values).sum(), values, create_graph=True)
    assert not first.requires_grad  # so that nobody takes a derivative of it that would be wrong


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("cost", ["squared_error", "abstract"])
def test_a_training_loop_is_that_of_plain_torch(cost, target, monkeypatch):
    """Fifty steps of Adam; the abstract cost leaves the loss, and what follows the network, to PyTorch."""
    module, (params, x, y) = emitted(two_layers(cost), target, monkeypatch), drawn(two_layers())
    inputs, wanted, function = torch.tensor(x["x"]), torch.tensor(y), module.torch_function()

    def forward(p):
        return torch.tanh(inputs @ p["a.weight"].T + p["a.bias"]) @ p["b.weight"].T + p["b.bias"]

    def error(found):
        return 0.5 * (found - wanted).square().sum(dim=1).mean()

    losses = {
        "ours": (lambda p: function(p, inputs, wanted)) if cost != "abstract" else lambda p: error(function(p, inputs)),
        "torch": lambda p: error(forward(p)),
    }
    results = {}
    for name, loss in losses.items():
        trained = tensors(params, grad=True)
        optimiser = torch.optim.Adam(trained.values(), lr=0.01)
        for _ in range(50):
            optimiser.zero_grad()
            loss(trained).backward()
            optimiser.step()
        results[name] = trained
    for name, value in results["torch"].items():
        assert (results["ours"][name] - value).abs().max() < 1e-11
        assert (value - torch.tensor(params[name])).abs().max() > 0.05


def test_several_outputs(monkeypatch):
    layers = [{"name": "a", "type": "dense", "units": 2}, {"name": "b", "type": "tanh"}]
    costs = [{"type": "abstract", "inputs": ["b"]}, {"type": "abstract", "inputs": ["a"]}]
    derivation = derive(architecture({"inputs": {"x": {"shape": [3]}}, "layers": layers, "costs": costs}))
    module, (params, x, _) = emitted(derivation, "numpy", monkeypatch), drawn(derivation)
    given, inputs = tensors(params, grad=True), torch.tensor(x["x"])
    found = module.torch_function()(given, inputs)
    assert list(found) == ["b", "a"]
    (found["b"].square().sum() + found["a"].sum()).backward()
    again = tensors(params, grad=True)
    a = inputs @ again["a.weight"].T + again["a.bias"]
    (torch.tanh(a).square().sum() + a.sum()).backward()
    assert all(torch.allclose(given[name].grad, again[name].grad, rtol=1e-12, atol=1e-12) for name in params)


def test_two_losses_before_one_backward_pass(monkeypatch):
    """What the first call leaves for its backward pass is not overwritten by the second."""
    derivation = two_layers()
    module, (params, x, y) = emitted(derivation, "numpy", monkeypatch), drawn(derivation)
    function, given = module.torch_function(), tensors(params, grad=True)
    one, other = (function(given, torch.tensor(x["x"]) * k, torch.tensor(y)) for k in (1, 2))
    (one + other).backward()
    wanted = [module.gradients(params, {"x": x["x"] * k}, y)[1] for k in (1, 2)]
    assert all(np.allclose(given[n].grad.numpy(), wanted[0][n] + wanted[1][n], rtol=1e-13) for n in params)


def test_without_gradients_only_the_loss_is_computed(monkeypatch):
    module, (params, x, y) = emitted(two_layers(), "numpy", monkeypatch), drawn(two_layers())
    monkeypatch.setattr(module, "gradients", None)
    value = module.torch_function()(tensors(params), torch.tensor(x["x"]), torch.tensor(y))
    assert value.item() == module.loss(params, x, y)
    assert not value.requires_grad


def test_arrays_are_shared_and_strided_ones_read_right(monkeypatch):
    module, (params, x, y) = emitted(two_layers(), "numpy", monkeypatch), drawn(two_layers())
    wanted = module.gradients(params, x, y)[1]
    seen = []
    gradients = module.gradients
    monkeypatch.setattr(module, "gradients", lambda *given: seen.append(module._checked(*given)) or gradients(*given))
    function = module.torch_function()
    given = tensors(params)
    given["a.weight"] = torch.tensor(np.ascontiguousarray(params["a.weight"].T)).T
    given = {name: value.requires_grad_() for name, value in given.items()}
    assert not given["a.weight"].is_contiguous()
    strided = torch.tensor(np.repeat(x["x"], 2, axis=1))[:, ::2]
    function(given, strided, torch.tensor(y)).backward()
    assert all(np.array_equal(given[name].grad.numpy(), wanted[name]) for name in wanted)
    (checked, *_) = seen
    assert np.shares_memory(checked[0]["b.weight"], given["b.weight"].detach().numpy())
    assert not np.shares_memory(checked[0]["a.weight"], given["a.weight"].detach().numpy())


@pytest.mark.parametrize("target", TARGETS)
def test_what_does_not_fit_is_refused_in_one_sentence(target, monkeypatch):
    module, (params, x, y) = emitted(two_layers(), target, monkeypatch), drawn(two_layers())
    function, good = module.torch_function(), tensors(params)
    inputs, wanted = torch.tensor(x["x"]), torch.tensor(y)
    for bad, message in (
        (
            {"b.bias": good["b.bias"].float()},
            r"params\['b.bias'\] is torch.float32 of shape \(3,\), expected a tensor of torch.float64",
        ),
        (
            {"b.bias": good["a.weight"]},
            r"params\['b.bias'\] is torch.float64 of shape \(5, 4\), expected .* shape \(3,\)",
        ),
        ({"b.bias": params["b.bias"]}, r"params\['b.bias'\] is ndarray, expected a tensor"),
        ({"b.bias": None}, r"params\['b.bias'\] is NoneType"),
    ):
        with pytest.raises(ValueError, match=message):
            function(good | bad, inputs, wanted)
    with pytest.raises(ValueError, match=r"x\['x'\] has shape \(4, 3\), expected \('batch', 4\)"):
        function(good, inputs[:, :3], wanted)
    with pytest.raises(ValueError, match="batch sizes differ"):
        function(good, inputs[:2], wanted)
    with pytest.raises(ValueError, match="no derivative in the inputs"):
        function(good, inputs.clone().requires_grad_(), wanted)
    with torch.no_grad():
        function(good, inputs.clone().requires_grad_(), wanted)


def test_integer_targets(monkeypatch):
    layers = [{"name": "a", "type": "embedding", "count": 7, "units": 3}, {"name": "b", "type": "flatten"},
              {"name": "c", "type": "dense", "units": 5}]  # fmt: skip
    spec = {"inputs": {"t": {"shape": [2], "below": 7}}, "layers": layers}
    derivation = derive(architecture(spec | {"cost": {"type": "cross_entropy", "target": "index"}}))
    module, (params, x, y) = emitted(derivation, "numpy", monkeypatch), drawn(derivation)
    given = tensors(params, grad=True)
    module.torch_function()(given, tensors(x), torch.tensor(y)).backward()
    wanted = module.gradients(params, x, y)[1]
    assert all(np.array_equal(given[name].grad.numpy(), wanted[name]) for name in wanted)


# -- JAX ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_jax(target, dtype, in_jax):
    in_jax("gradients", target, dtype)


def test_jax_where_the_parameters_hold_more_than_is_trained(in_jax):
    in_jax("with_constants")


def test_jax_in_double_precision_has_to_be_asked_for(in_jax):
    in_jax("double_precision")
