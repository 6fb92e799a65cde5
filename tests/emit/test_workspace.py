"""``out=`` and workspaces: the same bits as without them, nothing allocated anew, results that stay."""

import tracemalloc

import numpy as np
import pytest
from support import plants
from support.emulated import emitted
from support.long_tests import one_row_in
from support.modules import load, same_bits

from dyadic.catalogue import example_network
from dyadic.codegen import emit
from dyadic.codegen.emulator.module_comparison import finite_draw
from dyadic.symbolic import architecture, derive, read_spec


def empty(module, target):
    """Arrays for the gradients that hold NaN."""
    if target == "cupy":
        return {name: module._checked_out(None)[name] for name in module.PARAMETERS}
    return {name: np.full(shape, np.nan, module.DTYPE) for name, shape in module.PARAMETERS.items()}


def mlp(width=40):
    layers = [{"name": name, "type": "dense", "units": width, "activation": "tanh"} for name in "abc"]
    spec = {"inputs": {"x": {"shape": [width]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(spec))


NETWORKS = {
    "mlp": mlp,
    "planted": plants.derivation,
    **{name: lambda name=name: derive(read_spec(f"examples/{name}.toml")) for name in ("decoder", "lenet", "lstm")},
    **{name: lambda name=name: example_network(name, numeric=True) for name in ("batch_norm", "max_pool", "gru")},
}
CASES = [(name, target) for name in NETWORKS for target in ("numpy", "c")]
CASES += [(name, "cupy") for name in ("planted",)]


@pytest.mark.parametrize(("name", "target"), one_row_in(6, CASES))
def test_the_bits_are_the_same(name, target, monkeypatch):
    """In the first call of a workspace, the next ones, and after another batch size came in between."""
    derivation = NETWORKS[name]()
    module = emitted(derivation, target, monkeypatch)
    reference = module if target != "cupy" else load(emit(derivation, "numpy"), "reference")
    draws = [finite_draw(derivation, reference, batch, batch) for batch in (5, 2)]
    wanted = [module.gradients(*given) for given in draws]
    workspace, out = module.Workspace(), empty(module, target)
    for turn in (0, 1, 0, 1):
        loss, gradients = module.gradients(*draws[turn], out=out, workspace=workspace)
        assert gradients is out
        assert loss == wanted[turn][0]
        assert all(same_bits(out[key], value) for key, value in wanted[turn][1].items())
    _, alone = module.gradients(*draws[0], out=empty(module, target))
    assert all(same_bits(alone[key], value) for key, value in wanted[0][1].items())


@pytest.mark.parametrize(("name", "target"), [case for case in CASES if case[0] in ("planted", "decoder", "gru")])
def test_results_without_out_stay(name, target, monkeypatch):
    """A workspace keeps what is in between, never a result that was handed out."""
    derivation = NETWORKS[name]()
    module = emitted(derivation, target, monkeypatch)
    reference = module if target != "cupy" else load(emit(derivation, "numpy"), "reference")
    one, other = (finite_draw(derivation, reference, 3, seed) for seed in (0, 1))
    workspace = module.Workspace()
    module.gradients(*one, workspace=workspace)
    _, first = module.gradients(*one, workspace=workspace)
    before = {key: value.tobytes() for key, value in first.items()}
    module.gradients(*other, workspace=workspace)
    assert {key: value.tobytes() for key, value in first.items()} == before


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_nothing_is_allocated_in_the_steady_state(target, monkeypatch):
    """NumPy reports its arrays to tracemalloc: what is left are the buffers of its loops, which do not grow."""
    module = emitted(mlp(100), target, monkeypatch)
    given = finite_draw(mlp(100), module, 512, 0)
    workspace, out = module.Workspace(), empty(module, target)
    module.gradients(*given, out=out, workspace=workspace)

    def peak(**options):
        module.gradients(*given, **options)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        module.gradients(*given, **options)
        found = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        return found

    one_array = 512 * 100 * 8
    assert peak(out=out, workspace=workspace) < one_array / 4
    assert peak() > (one_array if target == "numpy" else 3 * 100 * 100 * 8)


def test_kernels_make_nothing_anew(monkeypatch):
    """With a workspace and ``out`` the CuPy module asks for an array in its first call only."""
    derivation = plants.derivation()
    module = emitted(derivation, "cupy", monkeypatch)
    given = finite_draw(derivation, load(emit(derivation, "numpy"), "reference"), 3, 0)
    made = []
    new = module._new
    monkeypatch.setattr(
        module, "_new", lambda *shape, dtype=module.DTYPE: made.append(shape) or new(*shape, dtype=dtype)
    )
    workspace, out = module.Workspace(), empty(module, "cupy")
    module.gradients(*given, out=out, workspace=workspace)
    first = len(made)
    module.gradients(*given, out=out, workspace=workspace)
    assert first > 10
    assert len(made) == first


@pytest.mark.parametrize("target", ["numpy", "c", "cupy"])
def test_out_that_does_not_fit_is_refused(target, monkeypatch):
    module = emitted(mlp(), target, monkeypatch)
    given = finite_draw(mlp(), load(emit(mlp(), "numpy"), "reference"), 3, 0)
    good = empty(module, target)
    wrong = {
        "missing": {key: value for key, value in good.items() if key != "b.bias"},
        "shape": good | {"b.bias": good["a.weight"]},
        "type": good | {"b.bias": good["b.bias"].astype(np.float32)},
        "strided": good | {"b.bias": np.repeat(good["b.bias"], 2)[::2]},
        "list": good | {"b.bias": good["b.bias"].tolist()},
    }
    if target != "cupy":
        wrong["read-only"] = good | {"b.bias": good["b.bias"].copy()}
        wrong["read-only"]["b.bias"].flags.writeable = False
    for out in wrong.values():
        with pytest.raises(
            ValueError, match=r"out\['b.bias'\] must be .*C-contiguous array of .*float64 and shape \(40,\)"
        ):
            module.gradients(*given, out=out)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_types_without_an_order_are_refused(target, monkeypatch):
    module = emitted(mlp(), target, monkeypatch)
    params, x, y = finite_draw(mlp(), module, 3, 0)
    with pytest.raises(ValueError, match=r"x\['x'\] has type complex128, expected float64"):
        module.gradients(params, {"x": x["x"] + 0j}, y)
    with pytest.raises(ValueError, match=r"params\['a.bias'\] has type <U1, expected float64"):
        module.gradients(params | {"a.bias": np.array(["a"] * 40)}, x, y)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_arrays_that_lie_askew_give_the_same_bits(target, monkeypatch):
    """As others hand them on, out of a message: NumPy multiplies matrices that are not aligned by other means."""
    module = emitted(mlp(), target, monkeypatch)
    params, x, y = finite_draw(mlp(), module, 30, 0)
    wanted = module.gradients(params, x, y)[1]

    def askew(array):
        room = bytearray(array.nbytes + 9)
        first = next(k for k in range(1, 9) if np.frombuffer(room, np.uint8)[k:].ctypes.data % 8)
        found = np.frombuffer(room, array.dtype, array.size, first).reshape(array.shape)
        found[...] = array
        assert not found.flags.aligned
        return found

    found = module.gradients({name: askew(value) for name, value in params.items()}, {"x": askew(x["x"])}, askew(y))[1]
    assert all(same_bits(found[key], value) for key, value in wanted.items())
    with pytest.raises(ValueError, match=r"out\['a.weight'\] must be"):
        module.gradients(params, x, y, out={name: askew(value) for name, value in wanted.items()})


class Foreign:
    """An array that another library exports."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Unexported:
    """An array that its library does not hand out, but converts."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        raise BufferError("on another device")

    def __dlpack_device__(self):
        return (2, 0)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype)


@pytest.mark.parametrize("target", ["numpy", "c", "cupy"])
def test_arrays_of_other_libraries(target, monkeypatch):
    module = emitted(mlp(), target, monkeypatch)
    params, x, y = finite_draw(mlp(), load(emit(mlp(), "numpy"), "reference"), 3, 0)
    wanted = module.gradients(params, x, y)[1]
    taken = module._array(("x",), Foreign(x["x"]), (None, 40))
    assert np.shares_memory(taken, x["x"])
    for foreign in (Foreign, Unexported):
        found = module.gradients({k: foreign(v) for k, v in params.items()}, {"x": foreign(x["x"])}, foreign(y))[1]
        assert all(same_bits(found[key], value) for key, value in wanted.items())


def test_a_vertex_lets_go_of_what_nobody_reads_any_more():
    """At the most an activation a layer is alive on the way back, beside the few arrays of the layer at hand."""
    depth, width, batch = 20, 8, 2000
    layers = [{"name": f"h{k}", "type": "dense", "units": width, "activation": "tanh"} for k in range(depth)]
    spec = {"inputs": {"x": {"shape": [width]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    module = load(emit(derivation, "numpy"))
    given = finite_draw(derivation, module, batch, 1)
    module.gradients(*given)
    tracemalloc.start()
    module.gradients(*given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert depth < peak / (8 * width * batch) < depth + 8
