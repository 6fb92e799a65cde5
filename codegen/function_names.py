"""Names of emitted functions and kernels: a layer's type, and what else tells it apart in its network."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence

from sympy import Expr

from dyadic.symbolic.energy import LayerDerivation


def free_name(base: str, taken: set[str]) -> str:
    """``base`` as a name of ASCII letters, with a number from 2 on if it is among those taken; it is then taken too."""
    word = re.sub(r"\W", "_", base, flags=re.ASCII)
    found = next(name for k in range(1, 10**6) if (name := f"{word}_{k}" if k > 1 else word) not in taken)
    taken.add(found)
    return found


def program_names(layers: Sequence[LayerDerivation]) -> list[str]:
    """``dense_tanh``, ``add``; of layers that differ in options or axes too ``dense`` and ``dense_nobias``.

    Never the name of a function that Python has (``slice``, ``abs``): emitted code calls those itself.
    """
    groups: dict[str, list[list[str]]] = {}
    words = [_words(layer) for layer in layers]
    for short, options in words:
        groups.setdefault(short, []).append(options)
    found = []
    for short, options in words:
        told = [word for word in options if not all(word in other for other in groups[short])]
        name = "_".join([short, *told])
        found.append(f"{name}_layer" if hasattr(builtins, name) else name)
    return found


def _words(layer: LayerDerivation) -> tuple[str, list[str]]:
    """Type and activation; and the options and numbers of inputs and axes that are not the usual ones."""
    short, options = [layer.kind.type], []
    for key, value in layer.kind.settings:
        if isinstance(value, bool):
            options += [] if value else [f"no{key}"]
        elif isinstance(value, str) and value.isidentifier() and value != "identity":
            short.append(value)
    if len(layer.kind.ranks) > 1:
        options.append(str(len(layer.kind.ranks)))
    if set(layer.kind.ranks) != {1}:
        options.append(f"{max(layer.kind.ranks)}axes")
    return "_".join(short), options


def sized_names(runs: Sequence[tuple[str, Mapping[Expr, Expr]]]) -> dict[tuple[str, tuple[Expr, ...]], str]:
    """By program and values of its sizes: the program's name with those sizes of the equations that tell them apart.

    ``dense_tanh`` where it runs at one set of sizes, ``dense_tanh_m64`` and ``dense_tanh_m32`` where only m differs.
    """
    by_program: dict[str, dict[tuple[Expr, ...], Mapping[Expr, Expr]]] = {}
    for program, sizes in runs:
        by_program.setdefault(program, {})[tuple(sizes.values())] = sizes
    found: dict[tuple[str, tuple[Expr, ...]], str] = {}
    taken: set[str] = set()
    for program, table in by_program.items():
        told: list[Expr] = []
        for letter in next(iter(table.values())):
            if _parts(table, [*told, letter]) > _parts(table, told):
                told.append(letter)
        for values, sizes in table.items():
            suffix = "".join(f"_{letter}{sizes[letter]}" for letter in told)
            found[program, values] = free_name(f"{program}{suffix}", taken)
    return found


def _parts(table: Mapping[tuple[Expr, ...], Mapping[Expr, Expr]], letters: Sequence[Expr]) -> int:
    """How many sets of sizes some letters tell apart."""
    return len({tuple(sizes[letter] for letter in letters) for sizes in table.values()})


__all__ = ["free_name", "program_names", "sized_names"]
