"""What a backward pass gets from its forward pass, where two functions hand over by position or by names.

The backward pass is called with the derivatives by the outputs, and with what its forward pass returns behind these,
in that order; or with arguments and variables of the forward pass by their names.  Where the two differ the order
counts, since that is what runs; where it cannot be told what is meant the pair is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dyadic.symbolic.readers.python_code.source_text import HOW, SourceText, arguments_of, defaults_of, nodes_within

CACHES = frozenset({
    "cache", "caches", "ctx", "context", "res", "residual", "residuals", "saved", "saved_tensors", "memory", "memo",
    "intermediates", "tape", "stash",
})  # fmt: skip
_SEEMS = ("d", "grad", "g_", "upstream", "cotangent", "ct", "delta", "output_grad", "next_grad")
_UPSTREAM = re.compile(
    r"(?:d|g|ct_?|bar_?)(?:out|outputs?|loss|l|cost|top|next|up|[a-z])\d?|g\d?|ct\d?"
    r"|(?:grad|gradient|upstream|cotangent|cot)(?:_\w+|\d)?|(?:output|out|next|top|loss|[a-z])_(?:grad|bar|ct)"
)
"""Names that derivatives by outputs have, whatever these are called."""


@dataclass(frozen=True)
class TakenArguments:
    """The arguments of a backward pass.

    grads: derivatives by outputs.  cached: what holds all that the forward pass hands over.  named: arguments or
    variables of the forward pass.  placed: names that the forward pass does not know; only their place tells them.
    """

    grads: list[str]
    cached: list[str]
    named: list[str]
    placed: list[str]

    @property
    def saved(self) -> list[str]:
        return [*self.named, *self.placed]


def taken_arguments(forward: ast.FunctionDef, backward: ast.FunctionDef, source: SourceText) -> TakenArguments:
    """Which argument of the backward pass is what.  Raises a CodeError where that is doubtful."""
    inputs = [argument.arg for argument in arguments_of(forward)]
    local = {n.id for n in nodes_within(forward.body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    returned, usual = returned_parts(forward), defaults_of(backward)
    found, unknown = TakenArguments([], [], [], []), []
    for argument in arguments_of(backward):
        name = argument.arg
        if name in CACHES:
            found.cached.append(name)
        elif name in inputs:
            found.named.append(name)
        elif name in local:
            by_output = any(is_gradient(name, part) for part in returned)
            if by_output and name in returned:
                raise _doubt(
                    source, argument, f"{name} is returned by {forward.name}, and has the name of a derivative"
                )
            (found.grads if by_output else found.named).append(name)
        elif name not in usual:
            unknown.append(argument)
    sure = [a for a in unknown if _is_upstream(a.arg, returned, inputs)]
    if not sure and not found.grads and (len(unknown) == 1 or found.cached):
        other = [name for name in found.named if _is_upstream(name, returned, inputs)]
        if other and unknown:
            raise _doubt(source, unknown[0], f"either {other[0]} or {unknown[0].arg} is a derivative by an output")
        sure = unknown  # whatever its name
    found.grads.extend(argument.arg for argument in sure)
    unknown = [argument for argument in unknown if argument not in sure]
    for one in unknown:
        if not found.grads or one.arg.lower().startswith(_SEEMS):
            raise _doubt(source, one, f"{one.arg} may be a derivative by an output, or what {forward.name} hands over")
        found.placed.append(one.arg)
    if not found.grads or len(found.cached) > 1:
        raise source.at(backward, f"{backward.name} takes no derivative by an output, or two caches", HOW)
    return found


def handed_over(
    taken: TakenArguments, extra: Sequence[Any], parts: Sequence[str], known: Mapping[str, Any],
    functions: Sequence[ast.FunctionDef], source: SourceText,
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """The values of what is saved, and in words what each of them was taken to be.

    extra: what the forward pass returns behind its outputs.  parts: the variables in the return that ran.  known: its
    arguments and variables.  functions: it and the backward pass.  Raises a CodeError where it cannot be told.
    """
    forward, backward = functions
    order = [argument.arg for argument in arguments_of(backward) if argument.arg in taken.saved]
    names = parts[len(parts) - len(extra) :] if len(parts) >= len(extra) else [""] * len(extra)
    if not order:
        return {}, ""
    if not extra:
        if taken.placed:
            problem = f"{forward.name} hands nothing over for {taken.placed[0]}"
            raise source.at(backward, problem, "return the outputs, and then what the backward pass needs")
        return _by_names(order, known, functions, source)
    if len(extra) == len(order):
        elsewhere = [n for k, n in enumerate(order) if n != names[k] and n in parts]
        if elsewhere:
            raise _doubt(
                source, backward, f"{forward.name} hands over {', '.join(name or '?' for name in names)}, and "
                f"{backward.name} takes {', '.join(order)}: the order or the names", "write both in one order",
            )  # fmt: skip
        first = len(taken.grads)
        said = [
            f"{name} is what {forward.name} returns in place {first + k + 1}" + _called(names[k], name)
            for k, name in enumerate(order)
        ]
        return dict(zip(order, extra, strict=True)), "; ".join(said)
    left = [name for name in names if name not in order]
    if left or taken.placed:
        what = f"{forward.name} returns {len(extra)} values behind its outputs, and {backward.name} takes {len(order)}"
        unclear = taken.placed[0] if taken.placed else left[0] or "one of them"
        raise _doubt(
            source, backward, f"{what}: what {unclear} is", "return just what the backward pass takes, in its order"
        )
    return _by_names(order, known, functions, source)


def _by_names(
    order: Sequence[str], known: Mapping[str, Any], functions: Sequence[ast.FunctionDef], source: SourceText
) -> tuple[dict[str, Any], str]:
    forward, backward = functions
    for name in order:
        if known.get(name) is None:
            problem = f"{name}, which {backward.name} takes, has no value where {forward.name} ends"
            raise source.at(backward, problem, f"let {forward.name} return it")
    them = "what has that name" if len(order) == 1 else "what have these names"
    return {name: known[name] for name in order}, f"{', '.join(order)} of {backward.name}: {them} in {forward.name}"


def _called(name: str, other: str) -> str:
    return f", there called {name}" if name and name != other else ""


def _doubt(source: SourceText, node: ast.AST, problem: str, remedy: str = "") -> Exception:
    usual = 'return (x, w) for an argument "cache", or give the same names on both sides'
    return source.at(node, f"{problem}: that is doubtful", remedy or usual)


def _is_upstream(name: str, returned: Sequence[str], inputs: Collection[str]) -> bool:
    """Whether a name is that of a derivative by an output, and of nothing else."""
    if any(is_gradient(name, part) for part in returned if part):
        return True
    of_input = any(is_gradient(name, one) for one in inputs)
    return not of_input and _UPSTREAM.fullmatch(name.lower()) is not None


def returned_parts(function: ast.FunctionDef) -> list[str]:
    """The variables in all returns, an empty text for what is none: before it is known which of them runs."""
    returns = [node for node in nodes_within(function.body) if isinstance(node, ast.Return)]
    return [part for node in sorted(returns, key=lambda node: node.lineno) for part in parts_of(node)]


def parts_of(returned: ast.Return | None) -> list[str]:
    """The variables in a return, an empty text for what is none."""
    if returned is None or returned.value is None:
        return []
    parts = returned.value.elts if isinstance(returned.value, ast.Tuple) else [returned.value]
    return [part.id if isinstance(part, ast.Name) else "" for part in parts]


def is_gradient(name: str, argument: str) -> bool:
    """Whether a name is that of the derivative by an argument: dx, grad_x, x_grad, xbar, dL_dx."""
    short, of = name.lower().replace("_", ""), argument.lower().replace("_", "")
    return bool(of) and short in {
        f"d{of}", f"grad{of}", f"{of}grad", f"g{of}", f"{of}bar", f"dld{of}", f"dlossd{of}", f"ct{of}",
    }  # fmt: skip


__all__ = ["CACHES", "TakenArguments", "handed_over", "is_gradient", "parts_of", "returned_parts", "taken_arguments"]
