"""``dyadic explain``: what a method of verification proves, trusts and cannot see; how claims and pairs are written."""

from __future__ import annotations

from collections.abc import Iterator

from dyadic.proofs.composition import ESSENTIAL
from dyadic.proofs.methods.registry import COQ_METHODS, METHODS, Method
from dyadic.summary import importable
from dyadic.symbolic.errors import DyadicError
from dyadic.terminal import Page

CLAIMS, PAIRS = "claims", "check-vjp"

_CLAIMS_TEXT = """\
Claims of your own are checked by `dyadic verify SPEC --claims FILE`. FILE is TOML:

    [[claim]]
    id = "hidden sensitivity"
    kind = "sensitivity"
    with = ["delta_deep[i] = s_deep[i] tanh'(z_deep[i])"]
    equation = "s_hidden[j] = Sum[i] W_deep[i, j] delta_deep[i] + s_joined[j]"

    [[claim]]
    id = "number of steps"
    kind = "steps"
    suffice = "2 L"

or a LaTeX source, in which a claim is the last equation of a display between two comments:

    % dyadic: begin claim id="output" kind="sensitivity"
    \\begin{align} s^{\\text{out}}_i &= x^{\\text{out}}_i - y_i \\end{align}
    % dyadic: end

The kind is one of energy, inference, sensitivity, update, euler_lagrange, dynamics, gradient, descent and equal (an
`equation`); adjoint (an equation, and `of` for the child that adds it); stationary (an equation, and `of` for the
derivative of an energy of your own that it makes zero); chain (`steps`, a list of expressions or equations of which
each equals the one before); steps (`suffice` or `needed`); step_size (`h`).

`with` defines quantities of your own; `assume = ["W_NAME symmetric", "y one-hot", "z_NAME[i] > 0", "W_NAME^T W_NAME =
I"]` states assumptions; `at = "solution"` takes x and s to be those of backpropagation, as a textbook does; `first =
1` counts indices from 1; `expect = "refuted"` keeps a known mistake. In tables, [functions] with `sigma = "tanh"` and
[names] with `'\\delta^l' = "zbar"` give names of your own; [energies] with `F = "1/2 Sum[i] (x_NAME[i] -
f_NAME[i])^2"` and [variables] with `B = "W_NAME^T"` let you claim `dF/dx_NAME[i]` and `dF/dB`. In LaTeX these go into
the first comment, separated by semicolons.

The notation is that of `dyadic derive SPEC`, in text or with `--format latex`: x_NAME[i] is an activation, s_NAME[i] a
sensitivity, W_NAME[i, j] a parameter, Wbar_NAME[i, j] its gradient, Sum[j<64] a sum, and [0 <= i - 1 < 5] is 1 where
the condition holds and 0 elsewhere. Indices start from 0. Names without indices are whole tensors: `W_out^T s_out`,
`a .* b` (in LaTeX \\odot), `u v^T`. `dyadic layers NAME` shows a layer's equations.
"""

_PAIRS_TEXT = """\
`dyadic check-vjp FILE.py:NAME` reads a forward and a backward pass and decides whether the second returns the
derivatives of the first. The file is parsed, never executed or imported:

    import numpy as np


    def affine_forward(x: "n d", w: "d m", b: "m"):
        out = x @ w + b
        return out, (x, w)


    def affine_backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)

A pair NAME is one of: the functions NAME_forward and NAME_backward (or NAME_fwd and NAME_bwd), the first of which
returns last what the second takes last; a class NAME with static methods forward(ctx, ...) and backward(ctx, ...), as
in PyTorch; a class with forward(self, ...) and backward(self, ...), which keeps in self what it needs; NAME with
NAME.defvjp(fwd, bwd), as in JAX. Gradients count by their order, in NumPy by names such as dx or grad_x too.

Every array has its shape in an annotation ("n d", or Float[Array, "n d"]), in the docstring ("x: (n, d)") or in a
comment (# dyadic: x: n d; eps: number). The verdict is for all sizes that have a name, where that can be shown;
`--size n=3` chooses one. Labels have what they are below beside it, as in "n < 10": they may stand in indices and be
numbers in formulas and comparisons, and no gradient is returned for them, or None.

Read are arithmetic, @, comparisons and masks of NumPy, PyTorch and JAX; shapes and arithmetic of sizes, slices,
joining, splitting, padding, einsum; sums, means, products, largest values; scalar functions and softmax; assignments,
also to parts of arrays; tuples, lists, dictionaries, comprehensions; `if`, `for` and `while` that do not depend on
numbers in arrays; functions of the same file, within functions, and methods of the same class. What is not read is
refused, with its line.

PROVED means: right wherever the forward pass has a value, single points apart. What a root, a logarithm or a division
asks for has to follow from how it is written, from what the outputs ask for unconditionally, or from the condition of
the `where` under which it stands; what a `where` does not take need not have a value, but 0 times nan is nan. A
backward pass that returns nan where there is a derivative is refuted.
"""

_TEXTS = {CLAIMS: _CLAIMS_TEXT, PAIRS: _PAIRS_TEXT}


def text(topic: str | None, page: Page) -> Iterator[str]:
    """The list of methods, or one of them, or how claims or pairs of passes are written, line by line.

    Raises :class:`DyadicError` for a topic that there is not.
    """
    if topic is None:
        return _overview(page)
    if topic in _TEXTS:
        return iter(_TEXTS[topic].splitlines())
    if topic not in METHODS:
        raise DyadicError(f"nothing is called {topic!r}; there are: {', '.join([*METHODS, *_TEXTS])}")
    return _method(METHODS[topic], page)


def _overview(page: Page) -> Iterator[str]:
    yield "Methods of `dyadic verify`; `dyadic explain METHOD` says more"
    width = max(map(len, METHODS))
    for title, chosen in _groups().items():
        yield ""
        yield page.styled(title, "bold")
        for method in METHODS.values():
            if method.name in chosen:
                yield from page.wrapped(importable(method.proves), f"{method.name:<{width}}  ")
    yield ""
    yield "`dyadic explain claims` says how to write claims of your own, `dyadic explain check-vjp` pairs of passes"


def _groups() -> dict[str, set[str]]:
    deep = {method.name for method in METHODS.values() if method.deep} - COQ_METHODS
    return {
        "Run by default": set(METHODS) - deep - COQ_METHODS,
        "Run with --deep, or by name with --methods": deep,
        "Run with --coq, or by name with --methods; need coqc (see `dyadic doctor`)": COQ_METHODS,
    }


def _method(method: Method, page: Page) -> Iterator[str]:
    yield page.styled(method.name if method.stage == method.name else f"{method.name}: {method.stage}", "bold")
    for sentence in (_when(method), *_sentences(method)):
        yield ""
        yield from page.wrapped(importable(sentence))


def _sentences(method: Method) -> Iterator[str]:
    yield f"It proves the following: {method.proves}."
    yield f"It trusts {_listed(method.trusts)}. A claim lists what was called to show it."
    yield f"It cannot see {_listed(method.blind)}."
    if method.name in ESSENTIAL:
        yield "The theorem rests on it: without its claims the claim `steps` stays undecided."
    elif method.bears:
        yield "It is a cross-check of the theorem: if it refutes, the claim `steps` is refuted."
    else:
        yield "The claim `steps` does not rest on it."


def _when(method: Method) -> str:
    if method.name in COQ_METHODS:
        return f"It runs with --coq, or with --methods {method.name}."
    return f"It runs with --deep, or with --methods {method.name}." if method.deep else "It runs by default."


def _listed(text: str) -> str:
    """Parts separated by semicolons as one enumeration."""
    *first, last = text.split("; ")
    return f"{', '.join(first)} and {last}" if first else last


__all__ = ["text"]
