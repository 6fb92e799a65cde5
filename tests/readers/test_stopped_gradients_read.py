"""Gradients that PyTorch stops are stopped here: emitted gradients against PyTorch's own, the theorem, refusals."""

import importlib.util

import pytest
from support.long_tests import one_in
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.stopped_models import STOPPED, StraightThrough, WrittenInPlace, pair  # noqa: E402
from readers.torch_gradients import compare  # noqa: E402

import dyadic  # noqa: E402
from dyadic.symbolic import SpecError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("granularity", one_in(4, ["operation", "layer"]))
@pytest.mark.parametrize("name", one_in(4, STOPPED))
def test_gradients_are_those_of_pytorch_and_proved(name, granularity):
    torch.manual_seed(2)
    module, arguments = STOPPED[name]()
    derivation = compare(module, arguments, granularity=granularity)
    certificate = dyadic.verify(derivation)
    assert certificate["verdict"] == "proved"
    assert "as the program defines it" in certificate.claim("steps").statement
    assert any(vertex.kind.type == "stop_gradient" for vertex in derivation.architecture.vertices)


def test_what_was_exported_without_gradients_has_them_all_the_same():
    with torch.no_grad():
        derivation = dyadic.derive(dyadic.from_torch(StraightThrough(), *pair((2, 4))))
    kinds = [vertex.kind.type for vertex in derivation.architecture.vertices]
    assert kinds == ["dense", "round", "sub", "stop_gradient", "add", "dense"]


@pytest.mark.parametrize("how", ["no_grad", "view", "detached", "later", "in place"])
def test_writing_into_what_is_stopped_is_refused(how):
    with pytest.raises(SpecError, match="writes"):
        dyadic.from_torch(WrittenInPlace(how), *pair((2, 4)))


def test_a_saved_program_stops_them_too(tmp_path):
    torch.manual_seed(2)
    module, arguments = STOPPED["siamese"]()
    program = torch.export.export(module, arguments)
    torch.export.save(program, tmp_path / "it.pt2")
    read, direct = dyadic.read(tmp_path / "it.pt2"), dyadic.from_torch(module, arguments)
    assert [v.kind for v in read.vertices] == [v.kind for v in direct.vertices]


def test_a_program_that_was_decomposed_does_not_say_where_they_are_stopped(tmp_path):
    program = torch.export.export(StraightThrough(), pair((2, 4))).run_decompositions()
    torch.export.save(program, tmp_path / "it.pt2")
    with pytest.raises(SpecError, match="whether a gradient stops there is not said"):
        dyadic.read(tmp_path / "it.pt2")


class WholeSlices(torch.nn.Module):
    """Slices that leave everything, of what a gradient flows through and of what it does not."""

    def __init__(self):
        super().__init__()
        self.one, self.two = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)

    def forward(self, x):
        z = self.one(x)
        return torch.tanh(z[:, :]) * self.two(x).detach()[:, :] + z.detach()[:]


def test_a_whole_slice_stops_no_gradient(tmp_path):
    torch.manual_seed(3)
    module, example = WholeSlices(), torch.randn(2, 4)
    derivation = compare(module, (example,))
    kinds = [vertex.kind.type for vertex in derivation.architecture.vertices]
    assert kinds.count("stop_gradient") == 2
    program = torch.export.export(module, (example,))
    torch.export.save(program, tmp_path / "traced.pt2")
    read = dyadic.read(tmp_path / "traced.pt2")
    assert [vertex.kind.type for vertex in read.vertices] == kinds
    torch.export.save(program.run_decompositions(), tmp_path / "decomposed.pt2")
    with pytest.raises(SpecError, match="whether a gradient stops there is not said"):
        dyadic.read(tmp_path / "decomposed.pt2")


class InVain(torch.nn.Module):
    """A statement that nobody reads beside a block under no_grad, where torch counts the readers wrongly."""

    def __init__(self):
        super().__init__()
        self.one = torch.nn.Linear(4, 4)

    def forward(self, x):
        z = self.one(x)
        z - z.detach()
        with torch.no_grad():
            factor = z.sin()
        return z * factor


def test_statements_in_vain(tmp_path):
    torch.manual_seed(4)
    derivation = compare(InVain(), (torch.randn(2, 4),))
    assert [vertex.kind.type for vertex in derivation.architecture.vertices].count("stop_gradient") == 1
