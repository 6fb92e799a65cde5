"""The emitted CuPy module, run on the CPU: its kernels by emulation and symbolically, its host code as it is."""

import re
import sys

import numpy as np
import pytest
from support.emulated import kernel_source, shows
from support.long_tests import one_in, one_row_in
from support.modules import data, load, random_state, relative, same_bits
from support.optional import require
from support.strategies import residual

from dyadic.codegen import emit
from dyadic.codegen.c_printer import parameters, takes_batch
from dyadic.codegen.cubin import compile_cubin, find_nvrtc
from dyadic.codegen.emulator import EmulationError, Kernels
from dyadic.codegen.emulator.stand_in import stand_in
from dyadic.codegen.function_names import sized_names
from dyadic.codegen.loops.build import nest
from dyadic.codegen.loops.lower import kernels as lower
from dyadic.codegen.program import BATCH, parts, program_key, programs, variable
from dyadic.proofs.evaluate.network import RingDefinition
from dyadic.proofs.evaluate.number_rings import PrimeField
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.functions import ACTIVATIONS
from dyadic.symbolic.serialise import definition_to_json, tensor_key

DIGITS = "examples/digits.toml"


def every_layer(cost="squared_error", activations=ACTIVATIONS):
    """Every activation as an option and as a layer, sizes that fit no tile, a skip and two inputs."""
    layers = [{"name": "first", "type": "dense", "units": 19, "inputs": ["left"]}]
    layers += [{"name": f"d-{a}", "type": "dense", "units": 17 + k, "activation": a} for k, a in enumerate(activations)]
    layers += [{"name": a, "type": a} for a in activations]
    layers += [
        {"name": "other", "type": "dense", "units": 16 + len(activations), "bias": False, "inputs": ["right"]},
        {"name": "join", "type": "add", "inputs": ["other", activations[-1], "other"]},
        {"name": "out", "type": "dense", "units": 5},
    ]
    return architecture(
        {"inputs": {"left": {"shape": [3]}, "right": {"shape": [33]}}, "layers": layers, "cost": {"type": cost}}
    )


def leading_axes():
    layers = [{"name": "a", "type": "dense", "units": 18, "activation": "tanh"}, {"name": "b", "type": "tanh"}]
    return architecture({"inputs": {"x": {"shape": [2, 3, 20]}}, "layers": layers, "cost": {"type": "squared_error"}})


def shared_parameters():
    """A matrix that two layers read, a parameter as a summand, a weighted cost, weight decay."""
    layers = [
        {"name": "p", "type": "dense", "inputs": ["a", "W"], "bias": False, "activation": "tanh"},
        {"name": "q", "type": "dense", "inputs": ["b", "W"], "bias": False, "activation": "sigmoid"},
        {"name": "r", "type": "add", "inputs": ["p", "q", "offset"]},
        {"name": "t", "type": "dense", "units": 5, "inputs": ["r"]},
    ]
    return architecture(
        {
            "inputs": {"a": {"shape": [18]}, "b": {"shape": [18]}},
            "parameters": {"W": {"shape": [17, 18]}, "offset": {"shape": [17]}},
            "layers": layers,
            "cost": {"type": "squared_error", "inputs": ["t"], "weight": 0.5},
            "weight_decay": 0.01,
        }
    )


NETWORKS = {
    "shared parameters": shared_parameters,
    "digits": lambda: read_spec(DIGITS),
    "every layer": every_layer,
    "classes": lambda: every_layer("cross_entropy"),
    "leading axes": leading_axes,
    "lenet": lambda: read_spec("examples/lenet.toml"),
    "decoder": lambda: read_spec("examples/decoder.toml"),
}


pytestmark = pytest.mark.usefixtures("compiler")


def emulated(text, monkeypatch, order=0):
    monkeypatch.setitem(sys.modules, "cupy", stand_in(order))
    return load(text, "emitted_cupy")


def compare(cupy_text, network, monkeypatch, order=0, batch=21):
    """Largest relative difference between the emulated CuPy module and the NumPy module."""
    module = emulated(cupy_text, monkeypatch, order)
    reference = load(emit(derive(network), "numpy", "float64"), "emitted_numpy")
    params, x, y = data(reference, batch, 3)
    loss, gradients = module.gradients(params, x, y)
    wanted_loss, wanted = reference.gradients(params, x, y)
    worst = [abs(loss - wanted_loss) / abs(wanted_loss)]
    worst += [relative(gradients[name], wanted[name]) for name in wanted]
    exact, wanted_state = module.wavefront(params, x, y), reference.wavefront(params, x, y)
    for name in module.VERTICES:
        worst += [relative(exact.x[name], wanted_state.x[name]), relative(exact.s[name], wanted_state.s[name])]
    return float(np.max(worst))  # NaN, from something never written, stays NaN and fails every comparison


@pytest.mark.parametrize("order", one_in(6, [1, 0, 5]))
@pytest.mark.parametrize("name", one_in(4, list(NETWORKS)[:5]))
def test_equals_numpy(name, order, monkeypatch):
    network = NETWORKS[name]()
    assert compare(emit(derive(network), "cupy", "float64").text, network, monkeypatch, order) < 1e-12


RELAXED = {
    "digits": NETWORKS["digits"],
    # where no activation is flat, an error of the state reaches the last variable
    "never flat": lambda: every_layer(activations=("identity", "tanh", "softplus", "gelu", "mish", "softsign", "silu")),
}


@pytest.mark.parametrize("name", RELAXED)
def test_relaxation_is_bitwise_exact(name, monkeypatch):
    module = emulated(emit(derive(RELAXED[name]()), "cupy", "float64").text, monkeypatch)
    params, x, y = data(module, 5, 3)
    exact = module.wavefront(params, x, y)
    relaxed = module.relax(params, x, y, state=random_state(module, 5, 4))
    assert all(same_bits(relaxed.x[n], exact.x[n]) and same_bits(relaxed.s[n], exact.s[n]) for n in module.VERTICES)
    late = module.relax(params, x, y, steps=module.STEPS - 1, state=random_state(module, 5, 4))
    assert not all(same_bits(late.s[n], exact.s[n]) for n in module.VERTICES)


def test_float32(monkeypatch):
    module = emulated(emit(derive(read_spec(DIGITS)), "cupy", "float32").text, monkeypatch)
    reference = load(emit(derive(read_spec(DIGITS)), "numpy", "float32"), "emitted_numpy")
    params, x, y = data(module, 20, 3, np.float32)
    _, gradients = module.gradients(params, x, y)
    _, wanted = reference.gradients(params, x, y)
    assert all(gradients[n].dtype == np.float32 and relative(gradients[n], wanted[n]) < 1e-5 for n in wanted)
    kernels = Kernels(module.KERNELS)
    assert kernels.dtype == np.float32
    # A literal without the suffix would make the arithmetic around it double.
    assert not re.search(r"\d\.\d+(e[+-]?\d+)?(?![\df.e])", module.KERNELS)


MUTATIONS = {
    "barrier before a tree removed": ("= total;\n    __syncthreads();\n", "= total;\n"),
    "barrier in a tree removed": ("        }\n        __syncthreads();\n    }", "        }\n    }"),
    "edge guard off by one": ("if (element < 32 * batch)", "if (element <= 32 * batch)"),
    "sum one short": ("sample < batch", "sample + 1 < batch"),
    "transposed stride": ("W[i * 64 + j]", "W[j * 32 + i]"),
    "bias forgotten": ("total + b[i]", "total"),
    "mean forgotten": ("total / (real)batch", "total"),
    "wrong derivative": ("1.0 - f[(size_t)sample * 32 + i] * f[", "1.0 + f[(size_t)sample * 32 + i] * f["),
    "int passed for an array": ("np.int32(batch)))", "batch))"),
    "float constant in a double kernel": ("typedef double real;", "typedef float real;"),
    "grid one block short": ("((32 * batch + 255) // 256,)", "(1,)"),
}


@pytest.mark.parametrize("mutation", one_in(6, MUTATIONS))
def test_mutations_are_caught(mutation, monkeypatch):
    network = read_spec(DIGITS)
    text = emit(derive(network), "cupy", "float64").text
    old, new = MUTATIONS[mutation]
    assert old in text
    assert shows(lambda order: compare(text.replace(old, new), network, monkeypatch, order))


# -- symbolic execution: what each output element is, exactly, for every activation function --------------------


def traced(one, routine, sizes, kernels, batch):
    """The tape's positions of the outputs, and the shapes of all arrays, at a tiny batch."""
    original = {t.name: t for t in (*routine.arguments, *(d.tensor for d in routine.definitions))}
    tensors = [original[t.name] for t in parameters(one)]
    shapes = [tuple(int(e.xreplace({**sizes, BATCH: batch})) for e in tensor.shape) for tensor in tensors]
    grid = [int(extent.xreplace({BATCH: batch})) for extent in one.grid]
    return kernels.trace(one.kernel.name, grid, one.block, [*shapes, *([batch] if takes_batch(one) else [])]), shapes


def symbolic_mismatches(text, derivation, batch=3):
    """Output elements of all single-kernel routines that are not the derived expression, modulo a prime."""
    kernels = Kernels(kernel_source(text), "symbolic")
    field = PrimeField(2**61 - 1, 1)
    wrong, checked = [], 0
    layers, _ = programs(derivation)
    runs = {v.name: (layers[program_key(derivation, v)], v.sizes) for v in derivation.architecture.vertices}
    names = sized_names([(program.name, sizes) for program, sizes in runs.values()])
    for vertex in derivation.architecture.vertices:
        program, _ = runs[vertex.name]
        name = names[program.name, tuple(vertex.sizes.values())]
        for _, routine in parts(program):
            for one in (nest(kernel, 8) for kernel in lower(name, routine, vertex.sizes)):
                kernel = one.kernel
                if kernel.name not in kernels.signatures:
                    continue  # handed on without a kernel
                (tape, arrays), shapes = traced(one, routine, vertex.sizes, kernels, batch)
                tensors, drawn = {}, []
                for tensor, shape in zip(kernel.reads, shapes, strict=False):
                    entries = {
                        at: field.apply("input", 0, hash((tensor.name.kind, at)) % field.prime)
                        for at in np.ndindex(*shape)
                    }
                    tensors[tensor_key(tensor.name)] = entries
                    drawn += entries.values()
                values = tape.evaluate(
                    drawn,
                    lambda v: field.number(*v.as_integer_ratio()),
                    lambda a, b: field.add([a, b]),
                    lambda a, b: field.mul([a, b]),
                    lambda a, b: field.mul([a, field.power(b, -1)]),
                    lambda f, a: field.apply(f, 0, a),
                )
                sizes = {str(k): int(v) for k, v in vertex.sizes.items()} | {"batch": batch}
                number = {BATCH: batch}
                stored = {t.name: p for t, p in zip(kernel.writes, arrays[len(kernel.reads) :], strict=True)}
                for defined in kernel.defines:
                    item = next(d for d in routine.definitions if d.tensor.name == defined.name)
                    content = definition_to_json(item) | {"body": definition_to_json(item)["body"]}
                    content["body"] = _numbers(content["body"], number)
                    entries = RingDefinition(content, sizes, field, variable(item.tensor)).evaluate(tensors)
                    tensors[tensor_key(item.tensor.name)] = entries
                    positions = stored.get(item.tensor.name)
                    for at, wanted in entries.items() if positions is not None else ():
                        checked += 1
                        if positions[at] < 0 or values[positions[at]] != wanted:
                            wrong.append((kernel.name, variable(item.tensor), at))
    return wrong, checked


def _numbers(node, table):
    """The batch size, where it stands as a number and not as the length of a sum, put in."""
    if not isinstance(node, list):
        return node
    if node == ["size", "batch"]:
        return table[BATCH]
    keep = 3 if node[0] == "sum" else 1
    return [part if k < keep else _numbers(part, table) for k, part in enumerate(node)]


def exact_network():
    """Functions whose closed forms have rational constants only."""
    layers = [
        {"name": a, "type": "dense", "units": 17, "activation": a}
        for a in ("identity", "sigmoid", "relu", "softplus", "log_sigmoid", "mish", "softsign", "elu", "tanh", "silu")
    ]
    layers += [
        {"name": "skip", "type": "add", "inputs": ["silu", "tanh"]},
        {"name": "out", "type": "dense", "units": 3, "bias": False},
    ]
    return architecture({"inputs": {"x": {"shape": [18]}}, "layers": layers, "cost": {"type": "squared_error"}})


@pytest.mark.long
def test_symbolic_execution_gives_the_derived_expressions():
    derivation = derive(exact_network())
    wrong, checked = symbolic_mismatches(emit(derivation, "cupy", "float64").text, derivation)
    assert not wrong
    assert checked > 3000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("W[i * 17 + j]", "W[j * 17 + i]"),
        pytest.param(*("total + b[i];", "total + total;"), marks=pytest.mark.long),
        pytest.param(*("if (element < 17 * batch)", "if (element + 1 < 17 * batch)"), marks=pytest.mark.long),
        pytest.param(*("1.0 - f[", "1.0 + f["), marks=pytest.mark.long),
        pytest.param(*("total / (real)batch", "total"), marks=pytest.mark.long),
    ],
)
def test_symbolic_execution_refutes_mutations(old, new):
    derivation = derive(exact_network())
    text = emit(derivation, "cupy", "float64").text
    assert old in text
    try:
        wrong = symbolic_mismatches(text.replace(old, new), derivation)[0]
    except EmulationError as error:
        if "never written" not in str(error):
            raise
        wrong = ["reads outside an array"]
    assert wrong


# -- compilation ------------------------------------------------------------------------------------------------


ARCHS = ("sm_80", "sm_90", "sm_100", "sm_120")
COMPILED = [("digits", arch, dtype) for arch in ARCHS for dtype in ("float32", "float64")]
COMPILED += [("classes", "sm_90", "float64"), ("lenet", "sm_90", "float32"), ("decoder", "sm_90", "float32")]


@pytest.mark.parametrize(("name", "arch", "dtype"), one_row_in(6, COMPILED))
def test_compiles_within_limits(name, arch, dtype):
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    text = emit(derive(NETWORKS[name]()), "cupy", dtype).text
    source = kernel_source(text)
    cubin = compile_cubin(source, arch)
    assert set(cubin.kernels) == set(Kernels(source).signatures)
    for kernel, used in cubin.kernels.items():
        assert used.spills == 0, kernel
        assert used.shared <= 20 * 1024, kernel
        assert used.registers <= 128, kernel


# -- what the host takes ---------------------------------------------------------------------------------------


def test_arrays_are_aligned(monkeypatch):
    """Kernels read 16 bytes at once: an array that starts elsewhere is copied."""
    module = emulated(emit(derive(read_spec(DIGITS)), "cupy", "float64").text, monkeypatch)
    params, x, y = data(module, 9, 3)
    wanted = module.gradients(params, x, y)[1]
    shifted = np.empty(9 * 64 + 3, np.float64)
    first = next(k for k in range(3) if shifted[k:].ctypes.data % 16)
    moved = shifted[first : first + 9 * 64].reshape(9, 64)
    moved[...] = x["image"]
    assert moved.ctypes.data % 16
    assert module._array("x", moved, (None, 64)).data.ptr % 16 == 0
    found = module.gradients(params, {"image": moved}, y)[1]
    assert all(same_bits(found[name], wanted[name]) for name in wanted)


def test_batches_beyond_32_bits_are_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", stand_in())
    text = emit(derive(read_spec(DIGITS)), "cupy", "float64").text
    (written,) = re.findall(r"if batch > (\d+):", text)
    assert int(written) == (2**31 - 1024) // 32  # the widest of the layers
    small = load(text.replace(f"if batch > {written}:", "if batch > 4:"), "emitted_cupy")
    with pytest.raises(ValueError, match="a batch of 9 is more than"):
        small.gradients(*data(small, 9, 3))


# -- without a device -------------------------------------------------------------------------------------------


def test_imports_without_cupy_and_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    module = load(emit(derive(read_spec(DIGITS)), "cupy", "float32"), "emitted_cupy")
    assert module.STEPS == 8
    for call in (lambda: module.init(0), lambda: module.gradients({}, 0, 0), lambda: module.relax({}, 0, 0)):
        with pytest.raises(RuntimeError, match="pip install cupy-cuda13x"):
            call()


def test_without_a_device_it_says_so(monkeypatch):
    cupy = stand_in()
    cupy.cuda.is_available = lambda: False
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    module = load(emit(derive(read_spec(DIGITS)), "cupy", "float32"), "emitted_cupy")
    with pytest.raises(RuntimeError, match="needs a CUDA device"):
        module.gradients({}, 0, 0)


def test_kernels_name_their_equations():
    derivation = derive(residual(3))
    text = emit(derivation, "cupy", "float32").text
    for tag in ("x:dense0", "s:sum0", "g:dense2.weight"):
        assert f"{tag} {derivation.equations[tag].short}" in text
