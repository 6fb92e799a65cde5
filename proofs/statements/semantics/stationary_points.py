"""Where an author's own energy is claimed to be stationary: ``x_h[j] = formula`` makes dF/dx_h[j] zero.

The formula is put in for the variable, in the derivative by it or (``of = "dF/dx_h"``) by another one; what is left is
claimed to be 0.  That no other point is stationary is not claimed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dyadic.proofs.statements.parsing.conditions import with_indices
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.own_energy import defined_by, entries_of, index_names, written_out
from dyadic.proofs.statements.semantics.quantities import by_energy
from dyadic.proofs.statements.semantics.vocabulary import NamedTensor, Vocabulary, shown_entry

_OF = re.compile(r"d\s*([A-Za-z][A-Za-z0-9]*)\s*/\s*d\s*(\S+)\Z")
_LETTERS = "pqrabcdefgh"


def derivative_at(
    of: str, left: Any, right: Any, vocabulary: Vocabulary, lets: Mapping[str, Any]
) -> tuple[Any, Any, dict[str, Extent]]:
    """The derivative as it is shown, as it is with the formula put in, and what its indices range over.

    lets: what the claim defines, by its names.  Raises :class:`Unreadable`.
    """
    name, variable = _asked(of, left, vocabulary)
    if not _is_variable(left, vocabulary):
        raise Unreadable(0, "a stationary point is written x_NAME[i] = formula, for a variable at letters")
    _, kind, owner, indices = left
    if _depends(right, (kind, owner), vocabulary, lets):
        problem = f"the formula depends on {shown_entry(kind, owner, ())} itself"
        raise Unreadable(0, f'{problem}: solve for it, or claim the derivative with kind = "equal"')
    taken = index_names(left) | index_names(right)
    letters = [letter for letter in _LETTERS if letter not in taken | vocabulary.sizes][: len(variable.axes)]
    place = [["index", letter] for letter in letters]
    shown = ["entry", by_energy(name, variable.kind), variable.owner, place]
    found = written_out(shown, vocabulary, taken)
    names = [index[1] for index in indices]
    ranges = dict(zip(letters, variable.axes, strict=True))
    return shown, _replaced(found, (kind, owner), names, right), ranges


def _asked(of: str, left: Any, vocabulary: Vocabulary) -> tuple[str, NamedTensor]:
    """The energy, and by what it is differentiated."""
    match = _OF.match(of.strip())
    name = match[1] if match else of.strip()
    if name not in vocabulary.energies:
        known = ", ".join(vocabulary.energies) or "none"
        raise Unreadable(0, f'{name!r} is no energy of this file (of = "F" or "dF/dx_NAME"; known: {known})')
    if match:
        tensor = vocabulary.tensors.get(match[2])
        if tensor is None or not vocabulary.is_variable(tensor.kind, tensor.owner) or tensor.part or tensor.transposed:
            raise Unreadable(0, f"{match[2]!r} is no variable of this network")
        return name, tensor
    if not isinstance(left, list) or left[0] != "entry":
        raise Unreadable(0, "a stationary point is written x_NAME[i] = formula")
    return name, NamedTensor(left[1], left[2], vocabulary.axes(left[1], left[2]))


def _is_variable(node: Any, vocabulary: Vocabulary) -> bool:
    if not isinstance(node, list) or node[0] != "entry" or not vocabulary.is_variable(node[1], node[2]):
        return False
    names = [index[1] if isinstance(index, list) and index[0] == "index" else "" for index in node[3]]
    return "" not in names and len(set(names)) == len(names)


def _depends(node: Any, key: tuple[str, str], vocabulary: Vocabulary, lets: Mapping[str, Any]) -> bool:
    """Whether a formula holds a variable, itself or in what it is made of."""
    return any((entry[1], entry[2]) == key for entry in entries_of(defined_by(node, vocabulary, lets)))


def _replaced(node: Any, key: tuple[str, str], names: list[str], body: Any) -> Any:
    """An expression with a formula for a variable; its names of indices are none of the formula's."""
    if not isinstance(node, list) or not node:
        return node
    if node[0] == "entry" and (node[1], node[2]) == key:
        return with_indices(body, dict(zip(names, node[3], strict=True)))
    return [_replaced(child, key, names, body) for child in node]


__all__ = ["derivative_at"]
