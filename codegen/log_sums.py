"""Differences from a logarithm of a sum of exponentials, without the sum that loses it beside large numbers.

For l = log Sum_k exp(a_k), with t the largest a_k, a_i - l is evaluated as

    (a_i - t) - r,     r = log Sum_k exp(a_k - t).

Beside a t such as -1e9, t + r has lost r: a softmax of n equal entries would have weights 1 instead of 1/n.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Integer, Mul, sympify

from dyadic.symbolic.expressions import Apply, Definition, Element, Reduction, Tensor, elements, split_guards
from dyadic.symbolic.printing import signed_terms
from dyadic.symbolic.tensor_names import Name


class Apart(Expr):
    """``Apart(difference)``: a difference that is rounded before anything is added to it."""

    is_commutative = True

    def __new__(cls, difference: Expr) -> Apart:
        return Expr.__new__(cls, sympify(difference))


class LogSums:
    """The log-sum-exps among a layer's or a cost's definitions, each as its largest entry and the rest of it."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._own = {item.tensor.name: item for item in definitions if _is_log_sum(item)}

    def body(self, body: Expr) -> Expr:
        """The expression, with a_i - l as (a_i - t) - r; an l that stands otherwise is left."""
        if not self._own or not body.args or not body.has(Element):
            return body
        if isinstance(body, Element):
            return body
        parts = [self.body(part) if isinstance(part, Expr) else part for part in body.args]
        if isinstance(body, Add):
            return self._sum(parts)
        return Mul(*parts, evaluate=False) if isinstance(body, Mul) else body.func(*parts)

    def definition(self, item: Definition) -> Definition:
        """The definition with such a body."""
        return Definition(item.tensor, item.indices, self.body(item.body))

    def definitions(
        self, items: Sequence[Definition], readers: Sequence[Definition], result: bool = False
    ) -> tuple[list[Definition], list[Definition]]:
        """Definitions in order, t and r in front of or in place of their l; and as many equations as derived.

        readers: what else reads them.  result: whether the last is wanted, whoever reads it.
        """
        read = {entry.name for item in (*items, *readers) for entry in elements(self.body(item.body))}
        found: list[Definition] = []
        equations: list[Definition] = []
        for item in items:
            if item.tensor.name not in self._own:
                found.append(self.definition(item))
                equations.append(item)
                continue
            top, rest = _top(item), _rest(item)
            found += [top, rest]
            equations += [top, item]
            if item.tensor.name in read or (result and item is items[-1]):
                found.append(Definition(item.tensor, item.indices, top.element + rest.element))
                equations.append(item)
        return found, equations

    def _sum(self, terms: Sequence[Expr]) -> Expr:
        left = list(terms)
        for place, term in enumerate(terms):
            sign, entry = _signed(term)
            item = self._own.get(entry.name) if isinstance(entry, Element) else None
            if item is None:
                continue
            assert isinstance(entry, Element)
            there = dict(zip(item.indices, entry.indices, strict=True))
            wanted = next((k for k, one in enumerate(left) if _opposite(one, -sign, item)), None)
            if wanted is None:
                continue
            top, rest = (one.element.xreplace(there) for one in (_top(item), _rest(item)))
            _, other = _signed(left[wanted])
            left[place] = sign * rest
            left[wanted] = -sign * Apart(other - top)
        return Add(*left)


def _is_log_sum(item: Definition) -> bool:
    """Of entries as they stand: other summands have no entry to take the difference of."""
    body = item.body
    if not isinstance(body, Reduction) or body.kind != "logsumexp":
        return False
    return isinstance(split_guards(body.body)[1], Element)


def _top(item: Definition) -> Definition:
    """t = Max_k a_k."""
    body = item.body
    tensor = Tensor(_name(item, "top"), item.tensor.shape)
    return Definition(tensor, item.indices, Reduction("max", body.index, body.extent, body.body))


def _rest(item: Definition) -> Definition:
    """r = log Sum_k exp(a_k - t)."""
    body = item.body
    guards, inside = split_guards(body.body)
    power = Apply("exp", 0, inside - _top(item).element)
    power = Mul(*guards, power, evaluate=False) if guards else power
    total = Reduction("sum", body.index, body.extent, power)
    return Definition(Tensor(_name(item, "rest"), item.tensor.shape), item.indices, Apply("log", 0, total))


def _name(item: Definition, part: str) -> Name:
    name = item.tensor.name
    return Name(f"{name.letter}_{part}", name.owner, name.role)


def _signed(term: Expr) -> tuple[Integer, Expr]:
    """1 or -1, and the term without it."""
    if isinstance(term, Add):
        return Integer(1), term
    ((sign, entry),) = signed_terms(term)
    return Integer(-1 if sign == "-" else 1), entry


def _opposite(term: Expr, sign: Integer, item: Definition) -> bool:
    """Whether a term is an entry with that sign of the tensor that the log-sum-exp is taken of."""
    own, entry = _signed(term)
    _, inside = split_guards(item.body.body)
    return own == sign and isinstance(entry, Element) and entry.name == inside.name


__all__ = ["Apart", "LogSums"]
