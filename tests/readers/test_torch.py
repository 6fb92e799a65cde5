"""Modules in PyTorch: values and gradients of the emitted module against PyTorch's own; refusals; .pt2 files."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from support.long_tests import often, one_in
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.torch_models import MODELS  # noqa: E402

import dyadic  # noqa: E402
from dyadic.symbolic import DyadicError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def double(module, arguments):
    return module.double(), tuple(a.double() if a.is_floating_point() else a for a in arguments)


def emitted(derivation, path, target="numpy"):
    """The module with its weights beside it."""
    dyadic.emit(derivation, target).write(path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", one_in(8, MODELS))
def test_values_and_gradients_are_those_of_pytorch(name, tmp_path):
    torch.manual_seed(0)
    module, arguments = double(*MODELS[name]())
    derivation = dyadic.derive(dyadic.from_torch(module, arguments))
    architecture = derivation.architecture
    code = emitted(derivation, tmp_path / f"model_{name}.py")
    given = [node.name for node in architecture.inputs if node.role in ("data", "index")]
    x = {n: a.numpy() for n, a in zip([n for n in given if n not in architecture.values], arguments, strict=True)}

    outputs = module(*arguments)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    sensitivities = [torch.randn_like(output) for output in outputs]
    sum((o * s).sum() for o, s in zip(outputs, sensitivities, strict=True)).backward()
    y = {cost.owner: s.numpy() for cost, s in zip(architecture.costs, sensitivities, strict=True)}
    params = code.init(0)
    x, y = (table if len(table) > 1 else next(iter(table.values())) for table in (x, y))
    state = code.wavefront(params, x, y)
    for cost, output in zip(architecture.costs, outputs, strict=True):
        np.testing.assert_allclose(state.x[cost.input], output.detach().numpy(), rtol=1e-9, atol=1e-11)
    _, gradients = code.gradients(params, x, y)
    wanted = {key: p.grad.numpy() for key, p in module.named_parameters() if p.grad is not None}
    assert set(wanted) == set(derivation.shared)
    largest = max(np.abs(gradient).max() for gradient in wanted.values())
    for key, gradient in wanted.items():
        # A gradient that is zero but for rounding (an attention's key bias) has no digits to compare.
        scale = max(np.abs(gradient).max(), 1e-6 * largest)
        assert np.abs(gradients[key] - gradient).max() < 1e-8 * scale, key


@pytest.mark.parametrize("name", often(MODELS, lambda name: name == "gpt"))
def test_models_are_proved(name):
    granularity = "layer" if name in ("vit", "resnet18", "mixer", "unet") else "operation"
    certificate = dyadic.verify(dyadic.derive(dyadic.from_torch(*MODELS[name](), granularity=granularity)))
    assert certificate["verdict"] == "proved"


def test_a_saved_program_is_read_as_the_module_is(tmp_path):
    module, arguments = MODELS["lstm"]()
    path = tmp_path / "lstm.pt2"
    torch.export.save(torch.export.export(module, arguments), path)
    read, direct = dyadic.read(path), dyadic.from_torch(module, arguments)
    assert [(v.name, v.kind, v.inputs, v.shape) for v in read.vertices] == [
        (v.name, v.kind, v.inputs, v.shape) for v in direct.vertices
    ]
    assert all((read.values[name] == array).all() for name, array in direct.values.items())


def test_a_dynamic_axis_keeps_a_name():
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 2))
    batch = torch.export.Dim("batch")
    architecture = dyadic.from_torch(module, torch.randn(4, 2, 3), dynamic_shapes=({0: batch},))
    assert len(architecture.unknown_sizes) == 1
    assert [str(n) for n in architecture.vertices[-1].shape] == [*architecture.unknown_sizes, "2"]


def test_all_unsupported_calls_are_named_at_once():
    class Odd(torch.nn.Module):
        def forward(self, x):
            return torch.fft.fft(torch.linalg.pinv(x)).real + torch.matrix_exp(x)

    with pytest.raises(DyadicError) as caught:
        dyadic.from_torch(Odd(), torch.randn(1, 1, 4, 4))
    for operator in ("aten.linalg_pinv", "aten.fft_fft", "aten.matrix_exp"):
        assert operator in str(caught.value)


@pytest.mark.parametrize(
    "make",
    one_in(6, [
        lambda x: torch.arange(10**9), lambda x: torch.zeros(10**5, 10**5), lambda x: torch.ones(1).repeat(10**9),
        lambda x: torch.full((10**9, 2), 3.0), lambda x: torch.eye(10**5), lambda x: torch.linspace(0, 1, 10**9),
    ]),
    ids=["arange", "zeros", "repeat", "full", "eye", "linspace"],
)  # fmt: skip
def test_a_constant_of_gigabytes_is_refused_before_it_is_made(make):
    class Great(torch.nn.Module):
        def forward(self, x):
            return x * make(x).sum()

    with pytest.raises(DyadicError, match="makes a constant of .* bytes"):
        dyadic.from_torch(Great(), torch.randn(2))


def test_dropout_in_training_is_refused():
    with pytest.raises(DyadicError, match=r"module\.eval"):
        dyadic.from_torch(torch.nn.Dropout(0.5).train(), torch.randn(2, 3))


def test_reading_a_program_leaves_nothing_in_the_place_for_temporary_files(tmp_path):
    """In a process of its own: torch chooses its folder for compiled code when it is imported."""
    module, arguments = MODELS["lstm"]()
    path, scratch = tmp_path / "model.pt2", tmp_path / "scratch"
    scratch.mkdir()
    torch.export.save(torch.export.export(module, arguments), path)
    environment = {key: value for key, value in os.environ.items() if key != "TORCHINDUCTOR_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-m", "dyadic", "derive", path],
        capture_output=True, check=False, env={**environment, "TMPDIR": str(scratch)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert [*scratch.iterdir()] == []


class Placed(torch.nn.Module):
    """Positions that the module holds, of a table and of an activation."""

    def __init__(self, count):
        super().__init__()
        self.table, self.inner = torch.nn.Embedding(count, 3), torch.nn.Linear(3, 3)
        self.register_buffer("places", torch.arange(count).flip(0)[None])

    def forward(self, x):
        return torch.tanh(self.inner(x) + self.table(self.places))[:, torch.tensor([2, 0, 2])]


@pytest.mark.parametrize("count", [4, 3000])
@pytest.mark.parametrize("target", ["numpy", "c"])
def test_positions_that_the_model_holds_are_asked_of_nobody(count, target, tmp_path):
    """In the module's text where they are few, in the file beside it where they are many."""
    torch.manual_seed(1)
    module, (x,) = double(Placed(count), (torch.randn(2, count, 3),))
    derivation = dyadic.derive(dyadic.from_torch(module, x))
    code = emitted(derivation, tmp_path / f"placed_{count}_{target}.py", target)
    assert list(code.INPUTS) == ["x"]
    assert not hasattr(code, "BELOW")
    assert (tmp_path / f"placed_{count}_{target}.npz").exists() == (count > 1000)
    module(x).square().sum().backward()
    params = code.init(0)
    y = 2 * code.wavefront(params, x.numpy(), np.zeros((2, 3, 3))).x[derivation.architecture.costs[0].input]
    gradients = code.gradients(params, x.numpy(), y)[1]
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), rtol=1e-10, atol=1e-12)
