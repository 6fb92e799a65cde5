"""C modules, compiled and run here: every layer type and cost, the examples, both schedules, and what they refuse."""

import shutil
from itertools import pairwise

import numpy as np
import pytest
from support import plants
from support.long_tests import one_in, one_row_in
from support.modules import load, random_state, same_bits
from support.optional import require

from dyadic.catalogue import _NUMBER, _cost_network, example_network
from dyadic.codegen import emit
from dyadic.codegen.c_target import sliding_contractions
from dyadic.codegen.emulator.module_comparison import differences, finite_draw, worst
from dyadic.codegen.loops import gathered
from dyadic.codegen.loops.build import nest
from dyadic.codegen.loops.gathered import gathered_product
from dyadic.codegen.loops.lower import kernels
from dyadic.codegen.loops.nest_machine import Fault, check
from dyadic.codegen.loops.pieces import apart, pieces
from dyadic.codegen.loops.product import matrix_product
from dyadic.codegen.loops.schedule import PerElement
from dyadic.codegen.loops.sequential import sequential
from dyadic.codegen.loops.wellformed import distinct_names
from dyadic.codegen.program import programs
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.spec import LAYER_TYPES

TOLERANCE = {"float64": 1e-12, "float32": 1e-4}

LONG = pytest.mark.long


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _compiler(cache, monkeypatch):
    require(shutil.which("cc"), "no C compiler (cc)")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def example(name):
    return example_network(name, numeric=True) if name in LAYER_TYPES else _cost_network(name, _NUMBER)


def compared(derivation, dtype, batch):
    """The module and what it was given, after its values were held to NumPy's and its two schedules to each other."""
    module, reference = load(emit(derivation, "c", dtype), "in_c"), load(emit(derivation, "numpy", dtype), "in_numpy")
    given = finite_draw(derivation, reference, batch, 0, np.dtype(dtype))
    where, difference = worst(differences(module, reference, given))
    assert difference < TOLERANCE[dtype], where
    state = None if derivation.architecture.explicit_batch else random_state(module, batch, 4, dtype)
    exact, relaxed = module.wavefront(*given), module.relax(*given, state=state)
    assert all(same_bits(relaxed.x[n], exact.x[n]) and same_bits(relaxed.s[n], exact.s[n]) for n in module.VERTICES)
    gradients, at_rest = module.gradients(*given)[1], module.energy_gradient(given[0], given[1], relaxed)
    assert all(same_bits(gradients[name], at_rest[name]) for name in gradients)
    assert np.allclose(module.loss(*given), module.gradients(*given)[0], rtol=1e-5)
    return module, given


@pytest.mark.parametrize("name", one_in(16, [*LAYER_TYPES, *COSTS]))
def test_catalogue(name):
    """At a batch below and one above the size from which products go tile by tile."""
    for batch in (2, 11):
        compared(example(name), "float64", batch)


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", one_in(8, ["digits", "lenet", "decoder", "lstm"]))
def test_examples(name, dtype):
    for batch in (1, 3, 9, 33):
        compared(derive(read_spec(f"examples/{name}.toml")), dtype, batch)


@pytest.mark.parametrize("dtype", one_in(4, ["float64", "float32"]))
@pytest.mark.parametrize(
    ("shape", "hidden", "out"), one_row_in(8, [(300, 7, 65), (33, 64, 1), (1, 40, 31), (16, 530, 8)])
)
def test_ragged_sizes(shape, hidden, out, dtype):
    """Sizes on either side of vectors, tiles and panels; batches likewise."""
    layers = [{"name": "a", "type": "dense", "units": hidden, "activation": "tanh"},
              {"name": "b", "type": "dense", "units": out}]  # fmt: skip
    spec = {"inputs": {"x": {"shape": [shape]}}, "layers": layers, "cost": {"type": "squared_error"}}
    for batch in (1, 4, 8, 13, 300):
        compared(derive(architecture(spec)), dtype, batch)


@pytest.mark.long
def test_shared_weights_weighted_costs_and_decay():
    layers = [
        {"name": "a", "type": "dense", "units": 5, "activation": "relu"},
        {"name": "b", "type": "add", "inputs": ["a", "a"]},
        {"name": "c", "type": "dense", "units": 5},
    ]
    costs = [{"type": "squared_error", "inputs": ["c"], "weight": 0.3}, {"type": "squared_error", "inputs": ["a"]}]
    spec = {"inputs": {"x": {"shape": [5]}}, "layers": layers, "costs": costs, "weight_decay": 0.01}
    derivation = derive(architecture(spec))
    compared(derivation, "float64", 6)
    compared(plants.derivation(), "float64", 5)


def digits(dtype="float64"):
    return load(emit(derive(read_spec("examples/digits.toml")), "c", dtype), "digits_in_c")


def test_arguments_are_converted_or_refused():
    module = digits()
    params, x, y = module.init(0), np.random.default_rng(0).normal(size=(6, 64)), np.full((6, 10), 0.1)
    loss, gradients = module.gradients(params, x, y)
    again = module.gradients({k: v.tolist() for k, v in params.items()}, {"image": np.asfortranarray(x)}, y.tolist())
    assert again[0] == loss
    assert all(same_bits(again[1][name], value) for name, value in gradients.items())
    assert gradients["hidden.weight"].flags.owndata
    with pytest.raises(ValueError, match=r"x\['image'\] has shape \(6, 63\)"):
        module.gradients(params, x[:, :-1], y)
    with pytest.raises(ValueError, match="batch sizes differ"):
        module.gradients(params, x, y[:-1])
    with pytest.raises(ValueError, match="parameters missing"):
        module.gradients({k: v for k, v in params.items() if k != "logits.bias"}, x, y)
    with pytest.raises(TypeError, match=r"run\(kernel, batch"):
        module._extension().run(0, 1)


def test_memory_is_read_only_where_it_is_as_the_kernels_take_it():
    module = digits()
    params, x, y = module.init(0), np.random.default_rng(0).normal(size=(2, 64)), np.full((2, 10), 0.1)
    loss, gradients = module.gradients(params, x, y)
    unaligned = np.zeros(params["logits.bias"].nbytes + 1, np.uint8)[1:].view(np.float64)
    unaligned[:] = params["logits.bias"]
    for name, other in [
        ("hidden.weight", params["hidden.weight"].astype(">f8")),
        ("hidden.weight", np.repeat(params["hidden.weight"], 2, axis=1)[:, ::2]),
        ("logits.bias", unaligned),
    ]:
        again = module.gradients({**params, name: other}, x, y)
        assert again[0] == loss
        assert all(same_bits(again[1][name], value) for name, value in gradients.items())
    out = {name: np.empty_like(value) for name, value in params.items()}
    assert module.gradients(params, x, y, out)[1] is out
    assert all(same_bits(out[name], value) for name, value in gradients.items())
    fixed = np.zeros(10)
    fixed.flags.writeable = False
    for bad in (fixed, np.zeros(20)[::2], np.zeros(9), np.zeros(10, np.float32), [0.0] * 10, None):
        with pytest.raises(ValueError, match=r"out\['logits.bias'\] must be"):
            module.gradients(params, x, y, {**out, "logits.bias": bad})


@pytest.mark.long
def test_integers_are_checked():
    derivation = derive(read_spec("examples/decoder.toml"))
    module, given = compared(derivation, "float64", 2)
    given[1]["tokens"][1, 2] = module.BELOW["tokens"]
    with pytest.raises(ValueError, match="must hold integers from 0 to 49"):
        module.gradients(*given)


def test_names_that_quote():
    layers = [{"name": "a\\n*/??/\\", "type": "dense", "units": 3}, {"name": "ü%", "type": "tanh"}]
    spec = {"inputs": {"x y": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    compared(derive(architecture(spec)), "float64", 3)


def test_it_is_compiled_once(cache):
    module = digits("float32")
    module.gradients(module.init(0), np.zeros((1, 64)), np.full((1, 10), 0.1))
    before = {path: path.stat().st_mtime_ns for path in (cache / "dyadic").iterdir()}
    again = digits("float32")
    again.gradients(again.init(0), np.zeros((1, 64)), np.full((1, 10), 0.1))
    assert {path: path.stat().st_mtime_ns for path in (cache / "dyadic").iterdir()} == before


def test_without_a_compiler_it_names_the_numpy_target(monkeypatch, tmp_path):
    module = digits()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="needs a C compiler.*dyadic emit SPEC --target numpy"):
        module.gradients(module.init(0), np.zeros((1, 64)), np.full((1, 10), 0.1))


def test_a_compiler_that_fails_is_reported(monkeypatch, tmp_path):
    module = digits()
    monkeypatch.setenv("CC", "false")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(RuntimeError, match="could not compile the kernels"):
        module.gradients(module.init(0), np.zeros((1, 64)), np.full((1, 10), 0.1))
    assert not list(tmp_path.iterdir())


def elementwise(function, dtype):
    """A function on its own, from C: the layer type of that name."""
    layers = [{"name": "f", "type": function}]
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": "squared_error"}}
    module = load(emit(derive(architecture(spec)), "c", dtype), "function_in_c")
    return lambda z: module.wavefront({}, z[:, None], np.zeros((len(z), 1))).x["f"][:, 0]


@pytest.mark.parametrize(("dtype", "units"), [("float64", 4), ("float32", 4)])
@pytest.mark.parametrize("function", ["tanh", "exp"])
def test_fast_functions_are_accurate(function, dtype, units):
    """Within a few units in the last place of what NumPy has in long double, at 0, at the ends and beyond."""
    random = np.random.default_rng(0)
    z = np.concatenate([random.normal(size=20000) * s for s in (1e-6, 1, 30, 300)] + [[0.0, -0.0, 1e-300, -80, 80]])
    z = z.astype(dtype)
    with np.errstate(over="ignore", under="ignore"):
        wanted = getattr(np, function)(z.astype(np.longdouble)).astype(dtype)
        found = elementwise(function, dtype)(z)
        normal = np.abs(wanted) >= np.finfo(dtype).tiny
        spacing = np.spacing(np.abs(np.where(np.isfinite(wanted), wanted, 1)))
        both = np.isfinite(found) & np.isfinite(wanted)
        assert (both | (found == wanted)).all()
        error = np.abs(np.where(both, found, 0) - np.where(both, wanted, 0)) / spacing
    assert error[normal].max() <= units
    assert np.abs(found[~normal] - wanted[~normal]).max(initial=0) <= np.finfo(dtype).tiny
    special = elementwise(function, dtype)(np.array([np.inf, -np.inf, np.nan], dtype))
    assert np.array_equal(special, getattr(np, function)(np.array([np.inf, -np.inf, np.nan], dtype)), equal_nan=True)


def routines(name):
    derivation = derive(read_spec(f"examples/{name}.toml")) if name in ("digits", "lenet", "decoder") else example(name)
    found, _ = programs(derivation)
    for vertex in derivation.architecture.vertices:
        program = next(p for p in found.values() if p.layer is derivation.layers[vertex.name])
        for routine in (program.forward, program.bars, *program.adjoints, *program.gradients.values()):
            if routine.definitions:
                yield from kernels("kernel", routine, vertex.sizes, whole=True)


@pytest.mark.parametrize(
    "name",
    one_in(
        4,
        ["digits", "max_pool", "average_pool", "conv", "conv_transpose", "layer_norm", "softmax", "lstm_cell", "concat",
         "multi_head_attention"],
    ),
)  # fmt: skip
def test_sequential_schedules_do_what_the_plainest_does(name):
    for kernel in routines(name):
        one = sequential(kernel)
        distinct_names(nest(kernel, 8, PerElement(32)))
        for batch in (1, 5):
            check(one, nest(kernel, 8, PerElement(32)), batch)


def test_a_lane_that_is_left_out_is_found(monkeypatch):
    from dyadic.codegen.loops import sequential as under_test

    monkeypatch.setattr(
        under_test,
        "limits",
        lambda guards, last, width: ((), under_test.Integer(0), under_test.Integer(width - 1), guards),
    )
    kernel = next(k for k in routines("layer_norm") if k.accumulators and k.axes[-1].extent.is_Integer)
    with pytest.raises(Fault):
        check(sequential(kernel), nest(kernel, 8, PerElement(32)), 3)


@pytest.mark.parametrize("name", ["lstm_cell", "pad"])
def test_pieces_lie_side_by_side(name):
    """A kernel with brackets of its last axis is cut where they change; no bracket is left that is known in a piece."""
    cut = [kernel for kernel in routines(name) if len(pieces(kernel)) > 1]
    assert cut
    for kernel in cut:
        found = pieces(kernel)
        assert found[0].low == 0
        assert found[-1].high == kernel.axes[-1].extent
        assert all(one.high == two.low for one, two in pairwise(found))
        assert sum(int(part.axes[-1].extent) for part in apart(kernel)) == kernel.axes[-1].extent


@pytest.mark.long
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("j = 64; j < 128", "j = 64; j < 127"),
        pytest.param("sample * 64 + j - 64] * sigmoid", "sample * 64 + j - 63] * sigmoid", marks=LONG),
        pytest.param("x2, 128, 1, x4, 1, 64, z, 256, 1.0, 1)", "x2, 128, 1, x4, 1, 64, z, 256, 1.0, 0)", marks=LONG),
        pytest.param(
            *("z_bar, 256, 1, x4, 64, 1, x_bar2, 128, 1.0, 0)", "z_bar, 256, 1, x4, 64, 1, x_bar2, 127, 1.0, 0)"),
            marks=LONG,
        ),
    ],
)
def test_a_mistake_in_a_piece_or_a_sum_of_products_shows(old, new):
    layers = [{"name": "memory", "type": "lstm", "units": 64, "output": "last"}]
    spec = {"inputs": {"x": {"shape": [3, 5]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    text = emit(derivation, "c").text
    assert old in text
    module, reference = load(text.replace(old, new), "wrong_in_c"), load(emit(derivation, "numpy"), "in_numpy")
    assert worst(differences(module, reference, finite_draw(derivation, reference, 3, 0)))[1] > 1e-6


def test_products_that_need_loops_and_copies():
    """In attention, heads and samples are loops around products, and projections go through an array of sums."""
    found = [product for kernel in routines("decoder") if (product := matrix_product(kernel)) is not None]
    assert any(term.summed for product in found for term in product.terms)  # heads
    assert any(len(product.terms) == 3 for product in found)  # queries, keys and values
    assert any(product.out is None and product.epilogue is not None for product in found)


def test_convolutions_in_plain_loops_are_named():
    layers = [
        {"name": "d", "type": "conv", "filters": 6, "kernel": [3, 3], "groups": 6},
        {"name": "e", "type": "conv", "filters": 2, "kernel": [2, 2]},
        {"name": "f", "type": "flatten"},
    ]
    spec = {"inputs": {"x": {"shape": [6, 8, 8]}}, "layers": layers, "cost": {"type": "squared_error"}}
    assert sliding_contractions(derive(architecture(spec))) == ["d", "e"]
    assert sliding_contractions(derive(read_spec("examples/lenet.toml"))) == []
    assert sliding_contractions(derive(read_spec("examples/decoder.toml"))) == []


def test_gathered_products_take_every_term_once():
    """What is looped over, the product's rows, columns and depth are the output's axes and the sum's, each once."""
    found = [(kernel, gathered_product(kernel)) for kernel in routines("lenet")]
    taken = [(kernel, product) for kernel, product in found if product is not None]
    assert len(taken) == 5  # two forward, two weights, one adjoint
    for kernel, product in taken:
        axes = (*product.outer, *product.rows, *product.columns)
        assert sorted(a.index.name for a in axes) == sorted(a.index.name for a in kernel.axes)
        summed = (*product.summed, *product.depth)
        assert [a.index for a in summed] == [a.index for a in kernel.accumulators[0].axes]
        assert gathered.size(product.columns) * gathered.size(product.depth) <= gathered.ROOM


STRIDED = {"filters": 5, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 0, 1, 1], "dilation": [1, 2]}


@pytest.mark.parametrize("room", one_in(6, [40, 700, 2**17]))
def test_gathered_in_pieces(room, monkeypatch):
    """Where there is little room, rows of positions, samples and channels are gathered one after the other."""
    monkeypatch.setattr(gathered, "ROOM", room)
    layers = [{"name": "a", "type": "conv", **STRIDED, "activation": "tanh"},
              {"name": "b", "type": "conv", "filters": 8, "kernel": [2, 2], "groups": 1},
              {"name": "c", "type": "flatten"}]  # fmt: skip
    spec = {"inputs": {"x": {"shape": [4, 9, 7]}}, "layers": layers, "cost": {"type": "squared_error"}}
    compared(derive(architecture(spec)), "float64", 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [("sample != 0", "0"), pytest.param("gathered[1], 784, 1", "gathered[1], 783, 1", marks=LONG),
     pytest.param("i2 < 27; ++i2", "i2 < 26; ++i2", marks=LONG)],
)  # fmt: skip
def test_a_mistake_in_a_gathered_product_shows(old, new):
    derivation = derive(read_spec("examples/lenet.toml"))
    text = emit(derivation, "c").text
    assert old in text
    module, reference = load(text.replace(old, new), "wrong_in_c"), load(emit(derivation, "numpy"), "in_numpy")
    assert worst(differences(module, reference, finite_draw(derivation, reference, 3, 0)))[1] > 1e-6


def test_which_kernels_are_matrix_products():
    found = {kernel.name + str(k): matrix_product(kernel) for k, kernel in enumerate(routines("digits"))}
    assert sum(product is not None for product in found.values()) >= 6
    products = [product for product in found.values() if product is not None]
    assert any(product.epilogue is not None for product in products)
    assert any(product.epilogue is None and product.scale != 1 for product in products)  # the mean over the batch
    padded = next(k for k in routines("lenet") if k.accumulators and any(item.guards for item in k.accumulators))
    assert matrix_product(padded) is None  # brackets: a padded convolution reads outside
