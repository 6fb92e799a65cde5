"""The C target's matrix product by itself: every path of it, at sizes on both sides of its tiles, against NumPy."""

import ctypes
import subprocess

import numpy as np
import pytest
from support.emulated import require
from support.long_tests import one_in, one_row_in

from dyadic.codegen.assembly import rendered
from dyadic.codegen.compilers import find_c_compiler

LONG = pytest.mark.long
HEAD = """
#include <string.h>
typedef {real} real;
#define INLINE static inline __attribute__((always_inline))
"""
TAIL = """
void run(long rows, long columns, long depth, const real* left, long row, long step, const real* right, long below,
         long column, real* out, long out_row, real scale, int more)
{ product(rows, columns, depth, left, row, step, right, below, column, out, out_row, scale, more); }
"""
SHAPES = [  # rows, columns, depth
    (1, 40, 30), (3, 70, 300), (2, 5, 64), (20, 7, 90), (9, 33, 1), (16, 144, 256), (17, 63, 37), (5, 32, 511),
    (64, 600, 12), (300, 129, 30), (70, 200, 530), (16, 130, 257), (0, 4, 3), (3, 4, 0),
]  # fmt: skip
"""Inner products, rows added, multiples of a row, tails of tiles and panels, more terms than are taken at once."""
FLAGS = {
    "native": ("-march=native",),
    "plain": (),
    "avx2": ("-mavx2", "-mfma"),
}


def compiled(folder, dtype, flags=("-march=native",), change=("", "")):
    """The product as a function of NumPy arrays: (left, right, scale, out or None) -> result."""
    compiler = find_c_compiler()
    require(compiler, "no C compiler")
    text = rendered("c_products.c.j2", {"suffix": "f" if dtype == "float32" else "", "gathers": 0})
    assert change[0] in text
    source = HEAD.format(real="float" if dtype == "float32" else "double") + text.replace(*change) + TAIL
    (folder / "product.c").write_text(source)
    always = ["-O3", "-std=gnu11", "-fPIC", "-shared", "-w", "product.c", "-o", "product.so"]
    subprocess.run([*compiler.split(), *flags, *always], cwd=folder, check=True)
    run = ctypes.CDLL(str(folder / "product.so")).run
    size = ctypes.c_float if dtype == "float32" else ctypes.c_double
    long, pointer = ctypes.c_long, ctypes.c_void_p
    run.argtypes = [long] * 3 + [pointer, long, long] * 2 + [pointer, long, size, ctypes.c_int]
    run.restype = None

    def call(left, right, scale, into=None):
        out = np.full((len(left), right.shape[1] + 3), np.nan, dtype)  # rows with a gap that stays as it is
        if into is not None:
            out[:, :-3] = into
        strides = [stride // left.itemsize for array in (left, right) for stride in array.strides]
        run(*left.shape[:1], right.shape[1], left.shape[1], left.ctypes.data, *strides[:2], right.ctypes.data,
            *strides[2:], out.ctypes.data, out.shape[1], scale, into is not None)  # fmt: skip
        assert np.isnan(out[:, -3:]).all()
        return out[:, :-3]

    return call


def worst(call, dtype, shapes=SHAPES):
    """The largest error over all layouts, in units of the sum of the terms' sizes times the type's precision."""
    random, largest = np.random.default_rng(0), 0.0
    for rows, columns, depth in shapes:
        for wide in (0, 1100):  # 1100: rows more than a page apart
            left, right = (random.standard_normal(shape) for shape in ((rows, depth), (depth, columns)))
            wanted, bound = 0.5 * left @ right, 1 + abs(left) @ abs(right)
            for a in (laid_out(left, dtype, wide), laid_out(left.T, dtype, wide).T):
                for b in (laid_out(right, dtype, wide), laid_out(right.T, dtype, wide).T):
                    for before in (None, random.standard_normal(wanted.shape).astype(dtype)):
                        found = call(a, b, 0.5, before) - (0 if before is None else before.astype(float))
                        error = abs(found - wanted) / bound
                        largest = max(largest, error.max(initial=0.0) if not np.isnan(error).any() else np.inf)
    return largest / np.finfo(dtype).eps


def laid_out(matrix, dtype, wide):
    """The matrix with rows that are ``wide`` entries longer, these not numbers."""
    room = np.full((matrix.shape[0], matrix.shape[1] + wide), np.nan, dtype)
    room[:, : matrix.shape[1]] = matrix
    return room[:, : matrix.shape[1]]


@pytest.mark.parametrize(
    ("dtype", "flags"),
    one_row_in(10, [(dtype, flags) for flags in ("native", "plain", "avx2") for dtype in ("float32", "float64")]),
)
def test_product(tmp_path, dtype, flags):
    if flags == "avx2" and not runs_avx2():
        pytest.skip("a processor without AVX2")
    assert worst(compiled(tmp_path, dtype, FLAGS[flags]), dtype) < 40


def runs_avx2():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return any(" avx2" in line and " fma" in line for line in lines)
    except OSError:
        return False


@pytest.mark.parametrize(
    "change",
    one_in(
        3,
        [
            ("LANES + (j) - (d)", "LANES + (j)"),
            ("tall, columns, deep, groups, 1, TALL, TALL * deep", "tall, columns, deep, groups, 1, TALL, TALL * DEPTH"),
            ("left += TALL * row, to += TALL * depth", "left += TALL * row, to += TALL * depth + 1"),
            (
                "columns - start < most ? columns : start + most",
                "columns - start < most ? columns : start + most - WIDTH",
            ),
            ("to[j] = more ? to[j] + kept[i * WIDTH + j]", "to[j] = more ? kept[i * WIDTH + j]"),
            ("k || more);\n            } else", "more);\n            } else"),
            ("total[r * across + j]", "total[r * across]"),
        ],
    ),
)
def test_a_mistake_in_the_product_shows(tmp_path, change):
    call = compiled(tmp_path, "float32", change=change)
    assert not worst(call, "float32", [(16, 144, 256), (300, 129, 300), (17, 63, 37), (5, 32, 511)]) < 40


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_product_of_known_sizes(tmp_path, dtype):
    """As kernels have it: a compiler that knows the sizes joins what it stores, GCC 12 wrongly for rows of 3."""
    compiler = find_c_compiler()
    require(compiler, "no C compiler")
    sizes = [(2, 3, 8), (2, 3, 16), (4, 3, 8), (3, 5, 24), (2, 7, 9), (8, 1, 16)]
    real = "float" if dtype == "float32" else "double"
    text = HEAD.format(real=real) + rendered(
        "c_products.c.j2", {"suffix": "f" if real == "float" else "", "gathers": 0}
    )
    taken = ", ".join(f"{'' if name == 'f' else 'const '}real* restrict {name}" for name in "xwbf")
    for number, (rows, columns, depth) in enumerate(sizes):
        text += (
            f"void run{number}({taken})\n"
            f"{{ product({rows}, {columns}, {depth}, x, {depth}, 1, w, 1, {depth}, f, {columns}, 1.0, 0);\n"
            f"for (int a = 0; a < {rows}; ++a) {{ for (int i = 0; i < {columns}; ++i) {{\n"
            f"const real total = f[a * {columns} + i]; f[a * {columns} + i] = total + b[i]; }} }} }}\n"
        )
    (tmp_path / "known.c").write_text(text)
    always = ["-O3", "-std=gnu11", "-fPIC", "-shared", "-w", "known.c", "-o", "known.so"]
    subprocess.run([*compiler.split(), *FLAGS["native"], *always], cwd=tmp_path, check=True)
    library, random = ctypes.CDLL(str(tmp_path / "known.so")), np.random.default_rng(0)
    for number, (rows, columns, depth) in enumerate(sizes):
        x, w, b = (random.integers(-9, 9, shape).astype(dtype) for shape in ((rows, depth), (columns, depth), columns))
        found = np.full((rows, columns), np.nan, dtype)
        getattr(library, f"run{number}")(*(ctypes.c_void_p(one.ctypes.data) for one in (x, w, b, found)))
        assert (found == x @ w.T + b).all(), (rows, columns, depth)
