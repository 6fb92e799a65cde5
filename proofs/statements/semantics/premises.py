"""What a claim takes for granted: where it holds, and the assumptions that it states.

An assumption is a relation for all values of its free indices (``z_h[i] > 0``, ``Sum[i] y[i] = 1``), or says of a
tensor that it is symmetric or one-hot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from dyadic.proofs.statements.parsing.conditional_sums import settled
from dyadic.proofs.statements.parsing.conditions import relations
from dyadic.proofs.statements.parsing.grammar import as_number, has_wholes, parse
from dyadic.proofs.statements.parsing.latex_notation import LatexReader
from dyadic.proofs.statements.parsing.latex_source import formula
from dyadic.proofs.statements.parsing.numbering import counted_from_zero
from dyadic.proofs.statements.parsing.text import TextReader
from dyadic.proofs.statements.parsing.tokens import Unreadable, quoted, refuse
from dyadic.proofs.statements.semantics.matrix_form import in_entries
from dyadic.proofs.statements.semantics.orthogonality import COLUMNS, assumed_orthogonal
from dyadic.proofs.statements.semantics.ranges import Ranges, elaborate
from dyadic.proofs.statements.semantics.vocabulary import NamedTensor, Vocabulary, shown_entry
from dyadic.symbolic.errors import SpecError

SOLUTION = "solution"
APART = "apart"
"""The sign of a relation whose sides differ, or are equal all around as well as here."""
_WORDS = ("symmetric", "one-hot", "orthogonal")


@dataclass(frozen=True)
class Relation:
    """left = right, left > right, left >= right, left != right or apart, for all values of the free indices.

    rational: of two sides that are apart, that their difference is a quotient of polynomials in free numbers.
    """

    text: str
    sign: str
    left: Any
    right: Any
    ranges: Ranges
    rational: bool = False


@dataclass
class Premises:
    """symmetric, one_hot, orthogonal: tensors by kind and owner, of the last with what is orthonormal."""

    orthogonal: dict[tuple[str, str], str] = field(default_factory=dict)
    symmetric: set[tuple[str, str]] = field(default_factory=set)
    one_hot: set[tuple[str, str]] = field(default_factory=set)
    equations: list[Relation] = field(default_factory=list)
    inequalities: list[Relation] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def relations(self) -> list[Relation]:
        return [*self.equations, *self.inequalities]


def read_premises(lines: tuple[str, ...], vocabulary: Vocabulary, where: str) -> Premises:
    """The assumptions of a claim.  Raises :class:`SpecError` for one that cannot be read or used."""
    found = Premises()
    for line in lines:
        found.texts.append(f"{line.strip()} (assumed by the claim)")
        name, _, word = line.strip().rpartition(" ")
        if word in _WORDS:
            tensor = _tensor(name.strip().removesuffix(" is"), word, vocabulary, where)
            if word == "orthogonal":
                found.orthogonal[tensor.kind, tensor.owner] = COLUMNS
            else:
                (found.symmetric if word == "symmetric" else found.one_hot).add((tensor.kind, tensor.owner))
            continue
        nodes, signs = _sides(line, vocabulary, where)
        orthogonal = assumed_orthogonal(*nodes) if signs == ["="] else None
        if orthogonal is not None:
            _orthonormal(found, *orthogonal, vocabulary, where)
            continue
        for relation in _relations(line, nodes, signs, vocabulary, where):
            (found.equations if relation.sign == "=" else found.inequalities).append(relation)
    both = sorted(found.orthogonal.keys() & (found.symmetric | found.one_hot))
    if both:
        problem = f"{shown_entry(*both[0], ())} is assumed to be orthogonal and something else, which cannot be used"
        raise SpecError(where, problem, "assume one of them")
    return found


def _orthonormal(found: Premises, key: tuple[str, str], which: str, vocabulary: Vocabulary, where: str) -> None:
    """Note a matrix with orthonormal columns or rows.  Raises :class:`SpecError` where there is none of its shape."""
    axes, name = vocabulary.axes(*key), shown_entry(*key, ())
    if key not in vocabulary.drawn or key in vocabulary.integers or key in vocabulary.given or len(axes) != 2:
        raise SpecError(where, f"{name} is no parameter or input of two axes", "only these can be orthogonal")
    if axes[0].same(axes[1]):
        which = COLUMNS  # of a square matrix both are
    rows, columns = (axis.true for axis in (axes if which == COLUMNS else axes[::-1]))
    if rows is not None and columns is not None and rows < columns:
        problem = f"{name} has {columns} {which} of {rows} entries, of which no more than {rows} can be orthonormal"
        raise SpecError(where, problem, "write the product in the other order")
    if found.orthogonal.setdefault(key, which) != which:
        raise SpecError(where, f"the rows and the columns of {name} cannot both be orthonormal", "drop one of the two")


def _tensor(name: str, word: str, vocabulary: Vocabulary, where: str) -> NamedTensor:
    tensor = vocabulary.tensors.get(name)
    if word in ("symmetric", "orthogonal"):
        if tensor is None or not vocabulary.trained(tensor) or len(tensor.axes) != 2:
            raise SpecError(where, f"{quoted(name)} is no matrix of this network", "name a weight, such as W_NAME")
        if not tensor.axes[0].same(tensor.axes[1]):
            remedy = "drop the assumption" if word == "symmetric" else f"write {name}^T {name} = I, or the other order"
            raise SpecError(where, f"{name} is not square, so it cannot be {word}", remedy)
        return tensor
    if tensor is None or (tensor.kind, tensor.owner) not in vocabulary.drawn or not tensor.axes:
        raise SpecError(
            where, f"{quoted(name)} is no target, input or parameter", "only these can be assumed to be one-hot"
        )
    if (tensor.kind, tensor.owner) in vocabulary.integers:
        raise SpecError(where, f"{name} holds integers: it is one-hot by itself", "drop the assumption")
    return tensor


def _sides(line: str, vocabulary: Vocabulary, where: str) -> tuple[list[Any], list[str]]:
    """The expressions of an assumption, and the signs between them."""
    text = vocabulary.author.put_in(line, vocabulary.tensors)
    try:
        if "\\" in line:
            text = LatexReader(formula(line), vocabulary).text
        parts, signs = relations(text, 0)
        if not signs:
            words = "write W_NAME symmetric, W_NAME orthogonal, y one-hot, or a relation such as z_NAME[i] > 0"
            raise SpecError(where, f"the assumption {quoted(line.strip()[:60])} is not understood", words)
        nodes = settled([_expression(part, at, text, vocabulary) for part, at in parts])
        return [counted_from_zero(node, vocabulary) for node in nodes], signs
    except Unreadable as error:
        if " for " in text:
            remedy = "write it as a bracket before both sides: [i < 2] x[i] = 0"
            raise SpecError(where, "an assumption has no range at its end", remedy) from error
        raise refuse(where, text, error) from error


def _relations(line: str, nodes: list[Any], signs: list[str], vocabulary: Vocabulary, where: str) -> list[Relation]:
    try:
        if any(map(has_wholes, nodes)):
            of_numbers = set(signs) != {"="}
            nodes = in_entries([as_number(node) if of_numbers else node for node in nodes], vocabulary).sides
    except Unreadable as error:
        raise refuse(where, line, error) from error
    return [_relation(line, sign, *pair, vocabulary, where) for sign, pair in zip(signs, pairwise(nodes), strict=True)]


def _expression(part: str, at: int, text: str, vocabulary: Vocabulary) -> Any:
    try:
        (node,) = parse(TextReader(part, vocabulary, context=text).tokens())
        return node
    except Unreadable as error:
        raise Unreadable(at + error.position, error.problem) from error


def _relation(line: str, sign: str, left: Any, right: Any, vocabulary: Vocabulary, where: str) -> Relation:
    if sign in ("<", "<="):
        sign, left, right = sign.replace("<", ">"), right, left
    (one, two), ranges = elaborate([left, right], vocabulary, where)
    if ranges.outside:
        raise SpecError(where, f"the assumption {quoted(line.strip()[:60])}: {ranges.outside}", "mind the ranges")
    return Relation(line.strip(), sign, one, two, ranges)
