"""NumPy code of definitions with index expressions, held to a literal interpreter of the same definitions."""

import numpy as np
from hypothesis import HealthCheck, settings
from support.interpret import evaluate
from support.modules import load
from sympy import Integer, sympify

from dyadic.codegen.assembly import rendered
from dyadic.codegen.numpy_printer import NumpyPrinter
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.expressions import (
    Index,
    Tensor,
)
from dyadic.symbolic.tensor_names import Name, NameRole, Placeholder

a, b, c, d, i, j, k, p, q, t, u, v, w = (Index(name) for name in "abcdijkpqtuvw")
CHECK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def emitted(definitions, tensors, sizes, dtype="float64"):
    """(the text of a module, its function)."""
    printer = NumpyPrinter(tensors, sizes)
    arguments = [variable(tensor) for tensor in tensors]
    statements = [line for item in definitions for line in printer.statements(item)]
    context = {
        "helpers": printer.support.helpers,
        "functions": printer.support.spellings(),
        "routines": [
            {
                "name": "routine",
                "doc": "",
                "arguments": [*arguments, "batch"],
                "statements": statements,
                "result": f"[{', '.join(variable(item.tensor) for item in definitions)}]",
            }
        ],
        "tables": printer.support.listed(),
    }
    text = f"from math import prod\n\nimport numpy as np\n\nDTYPE = np.{dtype}\n" + rendered(
        "numpy_routines.py.j2", context
    )
    assert "for" not in text.partition("def routine(")[2]
    return text


def data(tensors, sizes, seed, integers=()):
    """Random arrays; an integer tensor's entries are below ``integers[kind]``."""
    random = np.random.default_rng(seed)
    arrays = {}
    for tensor in tensors:
        shape = [int(extent.xreplace(sizes)) for extent in tensor.shape]
        below = dict(integers).get(tensor.name.kind)
        arrays[tensor.name] = random.normal(size=shape) if below is None else random.integers(below, size=shape)
    return arrays


def difference(text, definitions, tensors, sizes, seed, integers=()):
    """The largest difference between the emitted function and the interpreter, relative to the largest value."""
    arrays = data(tensors, sizes, seed, integers)
    found = load(text).routine(*arrays.values(), int(BATCH.xreplace(sizes)) if BATCH in sizes else None)
    worst = 0.0
    for item, have in zip(definitions, found, strict=True):
        want = evaluate([item], dict(arrays), sizes)[item.tensor.name]
        arrays[item.tensor.name] = want
        assert have.shape == want.shape, text
        # The bits of later sums depend on the layout, and arrays given by a caller are contiguous.
        assert have.flags.c_contiguous, text
        assert np.issubdtype(have.dtype, np.integer) == (want.dtype == int)
        worst = max(worst, np.max(np.abs(have - want)) / max(1.0, np.max(np.abs(want))))
    return worst


def check(definitions, tensors, sizes, seed=0, integers=(), batch=2):
    """Emit (the batch size unknown), run in both precisions and compare; return the text."""
    text = emitted(definitions, tensors, sizes)
    sizes = {**sizes, BATCH: Integer(batch)}
    assert difference(text, definitions, tensors, sizes, seed, integers) < 1e-12, text
    single = load(emitted(definitions, tensors, {s: n for s, n in sizes.items() if s != BATCH}, "float32"))
    arrays = [
        array.astype(np.float32) if array.dtype == float else array
        for array in data(tensors, sizes, seed, integers).values()
    ]
    assert all(array.dtype in (np.float32, np.int64) for array in single.routine(*arrays, batch)), text
    return text


def plain(kind, owner, *shape):
    role, _, letter = kind.rpartition(" ")
    return Tensor(Name(letter, Placeholder(owner), NameRole(role)), tuple(map(sympify, shape)))


def batched(kind, owner, *shape):
    return plain(kind, owner, BATCH, *shape)
