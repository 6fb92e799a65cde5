"""How a pair of passes is written: which functions they are, and what their arguments and results stand for."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.python_code.array_library import home_library
from dyadic.symbolic.readers.python_code.file_names import FileNames, bound_in
from dyadic.symbolic.readers.python_code.handed_over import (
    TakenArguments,
    handed_over,
    is_gradient,
    taken_arguments,
)
from dyadic.symbolic.readers.python_code.source_text import HOW, NotInSubset, SourceText, arguments_of
from dyadic.symbolic.readers.python_code.stored_arrays import KeptObject, StoredArray

NUMPY, TORCH, JAX, OBJECT = "two functions", "torch", "jax", "a class"
_FOLLOWED = ("__init__", "forward", "setup_context", "backward")
"""The methods of a class that are a pair."""
_PAIRS = (
    ("{}_forward", "{}_backward"), ("{}_fwd", "{}_bwd"), ("forward_{}", "backward_{}"), ("{}_fw", "{}_bw"),
    ("{}", "{}_backward"), ("{}", "{}_vjp"), ("{}", "{}_bwd"), ("{}", "{}_grad"), ("{}", "d{}"),
)  # fmt: skip


@dataclass
class Convention:
    """style: one of the four above.  constructor: of a class that keeps things in ``self``.

    fixed: arguments by which no derivative is meant (nondiff_argnums), which the backward pass takes first.
    inputs: the arguments of the forward pass and of the constructor.  taken: those of the backward pass.
    context: ``setup_context(ctx, inputs, output)`` of PyTorch, beside which the forward pass takes no ctx.
    primal: the function itself of a defvjp.
    """

    style: str
    forward: ast.FunctionDef
    backward: ast.FunctionDef
    inputs: list[str]
    taken: TakenArguments
    outer: list[ast.ClassDef]
    constructor: ast.FunctionDef | None = None
    fixed: tuple[str, ...] = ()
    context: ast.FunctionDef | None = None
    primal: ast.FunctionDef | None = None

    @property
    def functions(self) -> list[ast.FunctionDef]:
        return [f for f in (self.constructor, self.forward, self.context, self.backward) if f is not None]

    @property
    def grads(self) -> list[str]:
        return self.taken.grads

    @property
    def own_object(self) -> bool:
        """Whether it is a class that keeps things in ``self``."""
        return self.style == OBJECT

    def takes_kept(self, function: ast.FunctionDef) -> bool:
        """Whether the first argument of a function is ``ctx`` or ``self``."""
        return self.style in (TORCH, OBJECT) and not (self.context is not None and function is self.forward)

    def outputs(self, returned: Any, parts: Sequence[str], source: SourceText) -> tuple[list[tuple[str, Any]], Any]:
        """The outputs with names, and what else the forward pass returns: a cache, or a list of values.

        parts: the variables in the return that ran.
        """
        if returned is None:
            raise source.at(self.forward, f"{self.forward.name} returns nothing", "return its outputs")
        values, cache = [*returned] if isinstance(returned, tuple) else [returned], []
        if self.style == JAX:
            if len(values) != 2:
                raise source.at(self.forward, f"{self.forward.name} does not return an output and residuals", HOW)
            cache = values[1]
            values = [*values[0]] if isinstance(values[0], tuple | list) else values[:1]
        elif self.taken.cached:
            if len(values) < 2:
                problem = f"{self.forward.name} hands nothing over for {self.taken.cached[0]}"
                raise source.at(self.forward, problem, "return the outputs, and then what the backward pass needs")
            cache = values.pop()
        elif self.style == NUMPY:
            values, cache = values[: len(self.grads)], values[len(self.grads) :]
        names = _all_named(parts)
        listed = names if len(names) >= len(values) else [f"output{k + 1}" for k in range(len(values))]
        return list(zip(listed, values, strict=False)), cache

    def upstream(self, count: int, source: SourceText) -> list[str]:
        """A name for the derivative by each output."""
        if self.style == JAX and count > 1:
            return [f"{self.grads[0]}{k + 1}" for k in range(count)]
        if len(self.grads) != count:
            problem = f"{self.backward.name} takes {len(self.grads)} derivatives by outputs, of which there are {count}"
            raise source.at(self.backward, problem, HOW)
        return self.grads

    def handed(
        self, arrays: Sequence[StoredArray], saved: tuple[Any, list[str]], known: Mapping[str, Any], source: SourceText
    ) -> tuple[dict[str, Any], str]:
        """What the backward pass is called with, and in words what was taken for what.

        arrays: the derivatives by the outputs.  saved: what the forward pass returned behind its outputs, and the
        variables in its return.  known: its arguments and variables.
        """
        cache, parts = saved
        found: dict[str, Any] = dict.fromkeys(self.taken.cached, cache)
        found |= {name: known[one] for name, one in zip(_arguments(self.backward), self.fixed, strict=False)}
        if self.style == JAX and len(arrays) > 1:
            return found | {self.grads[0]: tuple(arrays)}, ""
        found |= zip(self.grads, arrays, strict=True)
        if self.style != NUMPY:
            return found, ""
        extra = [] if self.taken.cached else cache
        values, said = handed_over(self.taken, extra, parts, known, (self.forward, self.backward), source)
        return found | values, said

    def gradients(
        self,
        returned: Any,
        parts: Sequence[str],
        kept: KeptObject,
        handed: tuple[Mapping[str, Any], Mapping[str, Any]],
        source: SourceText,
    ) -> list[tuple[str, Any]]:
        """What is returned for each of the arguments that are arrays.  parts: the variables in the return that ran.

        handed: the arrays that were handed over, and those of them that are no integers.
        """
        every, arguments = handed
        if isinstance(returned, dict):
            found = _by_name(returned, [*arguments])
            if found is None or not found:
                raise source.at(self.backward, "its result names no arguments of the forward pass", "write dx, dw, ...")
            return found
        values = list(returned) if isinstance(returned, tuple | list) else [returned]
        own = [name for name in arguments if name in _arguments(self.forward)]
        all_own = [name for name in every if name in _arguments(self.forward)]
        if len(values) == len(all_own) > len(own) and all(
            value is None for name, value in zip(all_own, values, strict=True) if name not in arguments
        ):
            own = all_own
        if self.style in (TORCH, JAX):
            return self._in_order(values, source)
        found = self._of_attributes(kept, {name: array for name, array in arguments.items() if name not in own})
        if returned is None and found:
            return found
        names = _all_named(parts)
        told = len(set(names)) == len(names) == len(values)
        named = _by_name(dict(zip(names, values, strict=True)), own) if told else None
        if named is not None:
            return named + found
        if len(values) != len(own):
            problem = (
                f"{self.backward.name} returns {len(values)} gradients, for the {len(own)} arrays {', '.join(own)}"
            )
            raise source.at(self.backward, problem, "return one for each, or call them dx, dw, ...")
        return [*zip(own, values, strict=True), *found]

    def _in_order(self, values: list[Any], source: SourceText) -> list[tuple[str, Any]]:
        """One for every argument, as the library demands it."""
        inputs = [name for name in self.inputs if name not in self.fixed]
        if len(values) != len(inputs):
            problem = f"{self.backward.name} returns {len(values)} gradients for {len(inputs)} arguments"
            raise source.at(self.backward, problem, "return one for each argument, None where there is none")
        return list(zip(inputs, values, strict=True))

    def _of_attributes(self, kept: KeptObject, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """What ``self`` holds: dW, grad_W, a dictionary of gradients, or a list of them beside one of parameters."""
        tables = [kept.attributes, *_called(kept, "grads", "gradients", "grad")]
        found = []
        name_of = {id(array): name for name, array in arguments.items()}
        for parameters, gradients in product(_called(kept, "params", "parameters", "weights"), tables[1:]):
            if isinstance(parameters, list | tuple) and isinstance(gradients, list | tuple):
                names = [name_of.get(id(one), "") for one in parameters]
                found += [pair for pair in zip(names, gradients, strict=False) if pair[0]]
        for argument in arguments:
            for table in tables:
                for name, value in table.items() if isinstance(table, dict) else ():
                    mine = is_gradient(name, argument) or (table is not kept.attributes and name == argument)
                    if mine and isinstance(value, StoredArray):
                        found.append((argument, value))
        return list(dict(found).items())


def convention_of(names: FileNames, name: str) -> Convention:
    """The pair of that name.  Raises :class:`SpecError` where there is none."""
    source = names.source
    if name in names.classes:
        names.once(name, names.classes[name])
        return _of_class(names, names.classes[name])
    if name in names.declared_vjps:
        forward, backward = names.declared_vjps[name]
        missing = [one for one in (forward, backward) if one not in names.functions]
        if missing:
            raise SpecError(source.path, f"{missing[0]} is no function of this file", "define it here")
        declared = _of_functions(names, names.functions[forward], names.functions[backward], JAX, _fixed(names, name))
        return replace(declared, primal=names.functions.get(name))
    for one, two in _PAIRS:
        forward, backward = one.format(name), two.format(name)
        if forward in names.functions and backward in names.functions:
            pair = names.functions[forward], names.functions[backward]
            residuals = (one, two) == ("{}_fwd", "{}_bwd") and home_of(names, pair)[0] == JAX
            return _of_functions(names, *pair, JAX if residuals else NUMPY)
    remedy = f"define {name}_forward and {name}_backward, or a class {name} with forward and backward"
    raise SpecError(source.path, f"holds no forward and backward pass called {name[:60]!r}", remedy)


def home_of(names: FileNames, nodes: Sequence[ast.FunctionDef | ast.ClassDef]) -> tuple[str, str]:
    """Whose arrays a pair works with, by what it calls and what the file imports, and what is taken for granted."""
    try:
        return home_library(names, nodes)
    except NotInSubset as error:
        raise names.source.at(nodes[0], str(error)) from error


def pair_names(names: FileNames) -> list[str]:
    """The names of the pairs that a file seems to hold, in its order."""
    found: dict[str, int] = {
        name: names.functions[pair[0]].lineno
        for name, pair in names.declared_vjps.items()
        if pair[0] in names.functions
    }
    declared = {function for pair in names.declared_vjps.values() for function in pair[:2]}
    for one, two in _PAIRS[:4]:
        for function, node in names.functions.items():
            if function in declared:  # a pair already, under the name of what it is the derivative of
                continue
            start, _, end = one.partition("{}")
            name = function[len(start) : len(function) - len(end)]
            if function == one.format(name) and name and two.format(name) in names.functions:
                found.setdefault(name, node.lineno)
    for name, made in names.classes.items():
        methods = {item.name for item in made.body if isinstance(item, ast.FunctionDef)}
        if {"forward", "backward"} <= methods:
            found[name] = made.lineno
    return sorted(found, key=found.__getitem__)


def _of_class(names: FileNames, node: ast.ClassDef) -> Convention:
    methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    source = names.source
    for wanted in ("forward", "backward"):
        if wanted not in methods:
            raise source.at(node, f"the class {node.name} has no method {wanted}", HOW)
    names.check_class(node)
    for name, statements in bound_in(node).items():
        if name in _FOLLOWED and (len(statements) > 1 or not isinstance(statements[0], ast.FunctionDef)):
            raise source.at(statements[-1], f"{name} is set here too, or is no method", "define it once")
    forward, backward = methods["forward"], methods["backward"]
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in forward.decorator_list)
    first = _arguments(forward)[:1]
    context = methods.get("setup_context")
    style = TORCH if static or first == ["ctx"] else OBJECT
    if not first or not _arguments(backward):
        raise source.at(forward, "forward and backward take ctx or self first", HOW)
    if context is not None and (style != TORCH or len(_arguments(context)) != 3):
        raise source.at(context, "setup_context takes ctx, inputs and output, beside a static forward without ctx", HOW)
    constructor = methods.get("__init__") if style == OBJECT else None
    inputs = _arguments(forward)[0 if context else 1 :]
    if constructor is not None:
        inputs += [name for name in _arguments(constructor)[1:] if name not in inputs]
    taken = TakenArguments(_arguments(backward)[1:], [], [], [])
    return Convention(style, forward, backward, inputs, taken, [node], constructor, context=context)


def _fixed(names: FileNames, name: str) -> tuple[int, ...]:
    """The numbers in ``nondiff_argnums=(1, 2)`` of a function's custom_vjp."""
    function, made = names.functions.get(name), names.constants.get(name)
    calls = [*(function.decorator_list if function else ()), *([made] if made is not None else ())]
    for call in calls:
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            if keyword.arg == "nondiff_argnums":
                parts = keyword.value.elts if isinstance(keyword.value, ast.Tuple | ast.List) else [keyword.value]
                found = [part.value for part in parts if isinstance(part, ast.Constant)]
                if len(found) < len(parts) or not all(isinstance(one, int) and one >= 0 for one in found):
                    raise names.source.at(keyword.value, "these are no numbers of arguments", HOW)
                return tuple(sorted(int(str(one)) for one in found))
            if keyword.arg == "nondiff_argnames":
                raise names.source.at(keyword.value, "nondiff_argnames is not read", "write nondiff_argnums")
    return ()


def _of_functions(
    names: FileNames, forward: ast.FunctionDef, backward: ast.FunctionDef, style: str, fixed: Sequence[int] = ()
) -> Convention:
    for function in (forward, backward):
        names.once(function.name, function)
    inputs, handed = _arguments(forward), _arguments(backward)
    if style == JAX:
        if len(handed) != 2 + len(fixed) or any(place >= len(inputs) for place in fixed):
            raise names.source.at(backward, f"{backward.name} does not take residuals and a cotangent", HOW)
        own = [inputs[place] for place in fixed]
        set_anew = {n.id for n in ast.walk(forward) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if set_anew & {*own}:
            raise names.source.at(forward, f"{own[0]} or another argument of nondiff_argnums is set anew here", HOW)
        taken = TakenArguments(handed[len(own) + 1 :], handed[len(own) : len(own) + 1], [], [])
        return Convention(JAX, forward, backward, inputs, taken, [], fixed=tuple(own))
    return Convention(NUMPY, forward, backward, inputs, taken_arguments(forward, backward, names.source), [])


def _arguments(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in arguments_of(function)]


def _called(kept: KeptObject, *names: str) -> list[Any]:
    """The attributes that are called so."""
    return [value for name, value in kept.attributes.items() if name in names]


def _all_named(parts: Sequence[str]) -> list[str]:
    """The variables in a return, where it holds nothing else."""
    return list(parts) if all(parts) else []


def _by_name(values: Mapping[str, Any], arguments: Sequence[str]) -> list[tuple[str, Any]] | None:
    """The values by the argument that each name is the derivative of; None where one is of none, or of two."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        of = [argument for argument in arguments if is_gradient(name, argument)]
        of = of or [argument for argument in arguments if argument == name]
        if len(of) != 1 or of[0] in found:
            return None
        found[of[0]] = value
    return list(found.items())
