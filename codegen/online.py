"""Layers whose weights are exponentials over their own sum (attention), without their scores and weights as arrays.

Where a layer's equations have, over indices (.., i) and a summed j, brackets G and any score a,

    a[.., i, j] = ...,     t[.., i] = Max_j G a[.., i, j],     r[.., i] = log Sum_j G exp(a[.., i, j] - t[.., i]),
    p[.., i, j] = G exp(a[.., i, j] - t[.., i] - r[.., i]),    o[.., i, c] = Sum_j p[.., i, j] v[.., j, c]

and, derived from them,

    pbar[.., i, j] = Sum_c obar[.., i, c] v[.., j, c],         lbar[.., i] = -Sum_j p[.., i, j] pbar[.., i, j],
    abar[.., i, j] = p[.., i, j] (pbar[.., i, j] + lbar[.., i]),

a, p, pbar and abar are put in where they are read, and the row sum, with its sums exchanged, is taken over c:

    Sum_j p[i, j] Sum_c obar[i, c] v[j, c] = Sum_c obar[i, c] Sum_j p[i, j] v[j, c] = Sum_c obar[i, c] o[i, c].

Only t and r are kept, one number a row each.  The source is Dao, Fu, Ermon, Rudra and Ré, "FlashAttention", 2022,
arXiv:2205.14135, section 3 and appendix B.  In exact arithmetic nothing changes; rounding does.  What is recognised are
the equations, not a type of layer: where one of them reads otherwise, the program stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Add, Expr, Mul

from dyadic.codegen.log_sums import Apart
from dyadic.codegen.program import SAMPLE, LayerProgram, Routine, kept, make_routine
from dyadic.symbolic.expressions import (
    Apply,
    Definition,
    Element,
    Index,
    Reduction,
    all_indices,
    elements,
    fresh_index,
    same_tree,
    split_guards,
    total,
    walk,
)
from dyadic.symbolic.tensor_names import Name

Known = Mapping[Name, Definition]


@dataclass(frozen=True)
class _Weights:
    """The equations of one softmax, in the indices of p, and the sum of values that it weights.

    rows: p's indices without the summed one, in the order of t and r.  scores: a, and what it is a function of entry by
    entry.
    """

    p: Definition
    guards: tuple[Expr, ...]
    power: Expr
    scores: Known
    summed: Index
    rows: tuple[Index, ...]
    mixed: Definition
    values: Element

    @property
    def column(self) -> Index:
        return self.mixed.indices[-1]

    @property
    def columns(self) -> Expr:
        """The extent of the column."""
        return self.mixed.tensor.shape[-1]


def online_program(program: LayerProgram) -> LayerProgram | None:
    """The program with scores and weights formed where they are read, or None where its equations have no such form."""
    known = {item.tensor.name: item for item in (*program.forward.definitions, *program.bars.definitions)}
    found = next((w for item in program.forward.definitions if (w := _weights(item, known)) is not None), None)
    if found is None or program.forward.definitions[-1].tensor.name in found.scores:
        return None
    behind = _behind(found, known)
    if behind is None:
        return None
    row_sum, formed = behind
    return _without(program, {**found.scores, found.p.tensor.name: found.p, **formed}, row_sum)


def _weights(p: Definition, known: Known) -> _Weights | None:
    """The softmax whose weights a definition is."""
    guards, power = split_guards(p.body)
    if not isinstance(power, Apply) or (power.name, power.order) != ("exp", 0) or not isinstance(power.argument, Add):
        return None
    apart = [term.args[0] for term in power.argument.args if isinstance(term, Apart)]
    rest = [-term for term in power.argument.args if not isinstance(term, Apart)]
    if len(apart) != 1 or len(rest) != 1 or not isinstance(rest[0], Element):
        return None
    entries = [entry for entry in elements(apart[0]) if entry.indices == p.indices and entry.name in known]
    if len(entries) != 1:
        return None
    (a,), (r,) = entries, rest
    t, own = a - apart[0], [index for index in p.indices if index not in r.indices]
    if not isinstance(t, Element) or r.indices != t.indices or len(own) != 1 or not {r.name, t.name} <= set(known):
        return None
    (j,) = own
    extent = p.ranges[j]
    largest = Reduction("max", j, extent, Mul(*guards, a))
    rest_of_sum = Apply("log", 0, Reduction("sum", j, extent, Mul(*guards, Apply("exp", 0, a - t))))
    if not _is(known[t.name], t, largest) or not _is(known[r.name], r, rest_of_sum):
        return None
    scores = _scores(a, known)
    if not any(isinstance(node, Reduction) for item in scores.values() for node in walk(item.body)):
        return None
    rows = tuple(index for index in r.indices if isinstance(index, Index))
    for item in known.values():
        mixed = _mixed(item, p, j)
        if mixed is not None:
            return _Weights(p, tuple(guards), power, scores, j, rows, *mixed)
    return None


def _scores(a: Element, known: Known) -> dict[Name, Definition]:
    """The definition of a score, and of what it reads at its own indices, and so on."""
    item = known[a.name]
    found = {a.name: item}
    for entry in elements(item.body):
        if entry.indices == item.indices and entry.name in known:
            found |= _scores(entry, known)
    return found


def _is(item: Definition, entry: Element, body: Expr) -> bool:
    """Whether a definition says that an entry is the body, but for the names of bound indices."""
    return len(set(entry.indices)) == len(entry.indices) and same_tree(_at(item, entry), body)


def _renamed(item: Definition, table: Mapping[Index, Index]) -> Definition:
    """A definition with some of its indices, bound ones among them, under other names; those in the way give way."""
    taken = all_indices(item.body) | set(item.indices) | set(table.values())
    names = dict(table)
    for index in sorted((all_indices(item.body) | set(item.indices)) - set(table), key=str):
        if index in table.values():
            names[index] = fresh_index(taken)
            taken.add(names[index])
    indices = tuple(names.get(index, index) for index in item.indices)
    return Definition(item.tensor, indices, item.body.xreplace(dict(names)))


def _mixed(item: Definition, p: Definition, j: Index) -> tuple[Definition, Element] | None:
    """A definition in the indices of p, and the values, if it is Sum_j p values over the rows of p and a last index."""
    read = [entry for entry in elements(item.body) if entry.name == p.tensor.name]
    body = item.body
    if len(read) != 1 or len(set(read[0].indices)) != len(p.indices) or not isinstance(body, Reduction):
        return None
    item = _renamed(item, dict(zip(read[0].indices, p.indices, strict=True)))
    *rows, column = item.indices
    body = item.body
    if body.kind != "sum" or body.index != j or body.extent != p.ranges[j] or column in p.indices:
        return None
    values = _other_factor(body.body, p.element)
    if values is None or tuple(rows) != tuple(i for i in p.indices if i != j):
        return None
    return (item, values) if {j, column} <= set(values.indices) else None


def _other_factor(product: Expr, known: Element) -> Element | None:
    """The entry that an entry is multiplied by, if the product is one of two entries."""
    factors = list(Mul.make_args(product))
    if len(factors) != 2 or known not in factors:
        return None
    factors.remove(known)
    (other,) = factors
    return other if isinstance(other, Element) else None


def _behind(found: _Weights, known: Known) -> tuple[Definition, dict[Name, Definition]] | None:
    """lbar as a sum over columns; and pbar, abar and the adjoints of what a is a function of."""
    for given in known.values():
        body, extent = given.body, found.p.ranges[found.summed]
        if not isinstance(body, Reduction) or (body.kind, body.extent) != ("sum", extent):
            continue
        if len(given.indices) != len(found.rows):
            continue
        item = _renamed(given, {**dict(zip(given.indices, found.rows, strict=True)), body.index: found.summed})
        rest = _apart_from_weight(item.body.body, found)
        entries = [factor for factor in rest or [] if isinstance(factor, Element)]
        if rest is None or len(entries) != 1 or Mul(*rest) != -entries[0] or entries[0].name not in known:
            continue
        slope = entries[0]
        sent = _sent(known[slope.name], slope, found)
        changes = _changes(found, known, item.element, slope)
        if sent is None or changes is None:
            continue
        exchanged = total(found.column, found.columns, -sent * found.mixed.element)
        adjoints = [known[name.adjoint] for name in found.scores if name.adjoint in known]
        formed = {one.tensor.name: one for one in (*adjoints, known[slope.name], changes)}
        return Definition(item.tensor, item.indices, exchanged), formed
    return None


def _apart_from_weight(term: Expr, found: _Weights) -> list[Expr] | None:
    """The factors of a product beside the weight p, which may stand as its entry or as its brackets and exponential."""
    factors = list(Mul.make_args(term))
    for weight in ([found.p.element], [*found.guards, found.power]):
        if all(part in factors for part in weight):
            left = [factor for factor in factors if factor not in weight]
            return left if len(left) == len(factors) - len(weight) else None
    return None


def _sent(slopes: Definition, slope: Element, found: _Weights) -> Element | None:
    """obar[.., i, c], if an entry is defined as Sum_c obar[.., i, c] v[.., j, c]."""
    if slope.indices != found.p.indices:
        return None
    body = _at(slopes, slope)
    if not isinstance(body, Reduction) or (body.kind, body.extent) != ("sum", found.columns):
        return None
    sent = _other_factor(body.body.xreplace({body.index: found.column}), found.values)
    return sent if sent is not None and sent.indices == found.mixed.indices else None


def _changes(found: _Weights, known: Known, row_sum: Element, slope: Element) -> Definition | None:
    """abar as p (pbar + lbar)."""
    wanted = {(row_sum,), (slope,)}
    for given in known.values():
        if len(given.indices) != len(found.p.indices) or not isinstance(given.body, Add) or len(given.body.args) != 2:
            continue
        item = _renamed(given, dict(zip(given.indices, found.p.indices, strict=True)))
        parts = [_apart_from_weight(term, found) for term in item.body.args]
        if all(part is not None for part in parts) and {tuple(part or ()) for part in parts} == wanted:
            product = Mul(*found.guards, found.power, row_sum + slope, evaluate=False)
            return Definition(item.tensor, item.indices, product)
    return None


def _without(program: LayerProgram, gone: Known, row_sum: Definition) -> LayerProgram:
    """The program with the definitions that are gone put in where they are read, and one definition replaced."""
    changed = {row_sum.tensor.name: row_sum}

    def rewritten(routine: Routine) -> tuple[tuple[Definition, ...], tuple[Definition, ...]]:
        definitions, equations = [], []
        for item, equation in zip(routine.definitions, routine.equations, strict=True):
            name = item.tensor.name
            if name in gone:
                continue
            new = changed.get(name, item)
            definitions.append(Definition(new.tensor, new.indices, _put_in(new.body, gone)))
            equations.append(_unbatched(new, equation) if name in changed else equation)
        return tuple(definitions), tuple(equations)

    routines = [program.forward, program.bars, *program.adjoints, *program.gradients.values()]
    tensors = {tensor.name: tensor for routine in routines for tensor in routine.arguments}
    tensors |= {item.tensor.name: item.tensor for routine in routines for item in routine.definitions}
    sources = [*(tensor for _, tensor in program.parameters), *program.layer.equation.inputs]
    names = [
        *(tensor.name for tensor in sources),
        *(d.tensor.name for r in routines[:2] for d in r.definitions),
        *tensors,
    ]
    everything = [tensors[name] for name in dict.fromkeys(names) if name in tensors]
    before = {item.tensor.name: e for r in routines for item, e in zip(r.definitions, r.equations, strict=True)}

    def routine(old: Routine, outputs: Iterable[Definition]) -> Routine:
        definitions, equations = rewritten(old)
        new = make_routine(definitions, equations, [item.tensor for item in outputs], everything)
        read = {entry.name for item in old.definitions for entry in elements(item.body)}
        inside = tuple(
            before[name] for name in gone if name in read or any(d.tensor.name == name for d in old.definitions)
        )
        return old if new == old else replace(new, inside=inside)

    forward, bars = rewritten(program.forward)[0], rewritten(program.bars)[0]
    later = [item for r in (*program.adjoints, *program.gradients.values()) for item in rewritten(r)[0]]
    return replace(
        program,
        name=f"{program.name}_online",
        forward=routine(program.forward, [*kept(forward[:-1], [*bars, *later]), forward[-1]]),
        bars=routine(program.bars, kept(bars, later)),
        adjoints=tuple(routine(r, rewritten(r)[0]) for r in program.adjoints),
        gradients={name: routine(r, rewritten(r)[0]) for name, r in program.gradients.items()},
    )


def _put_in(node: Expr, gone: Known) -> Expr:
    """The expression with the bodies of definitions in place of their entries."""
    if isinstance(node, Element):
        item = gone.get(node.name)
        return node if item is None else _put_in(_at(item, node), gone)
    if not node.args or not node.has(Element):
        return node
    parts = [_put_in(part, gone) if isinstance(part, Expr) else part for part in node.args]
    return Mul(*parts, evaluate=False) if isinstance(node, Mul) else node.func(*parts)


def _at(item: Definition, entry: Element) -> Expr:
    """The body of a definition at an entry; its bound indices get names that the entry's do not have."""
    taken = all_indices(item.body) | set(item.indices) | all_indices(entry)
    body = item.body
    for node in list(walk(body)):
        if isinstance(node, Reduction) and node.index in all_indices(entry):
            index = fresh_index(taken)
            taken.add(index)
            body = body.xreplace({node.index: index})
    return body.xreplace(dict(zip(item.indices, entry.indices, strict=True)))


def _unbatched(item: Definition, derived: Definition) -> Definition:
    """A definition as an equation for readers: without the batch axis that the derived one does not have."""
    if len(item.indices) == len(derived.indices):
        return item
    return Definition(derived.tensor, tuple(index for index in item.indices if index != SAMPLE), _alone(item.body))


def _alone(node: Expr) -> Expr:
    if isinstance(node, Element):
        return Element(node.name, *(index for index in node.indices if index != SAMPLE))
    if not node.args:
        return node
    return node.func(*(_alone(part) if isinstance(part, Expr) else part for part in node.args))


__all__ = ["online_program"]
