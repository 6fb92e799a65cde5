"""What a claim assumes: matrices taken to be symmetric, and where its own expressions are defined."""

from __future__ import annotations

from typing import Any

from dyadic.proofs.statements.equation import Equalities, Statement

_NOT_ZERO = "no denominator of the claim is 0"
_LOGARITHMS = "the logarithms of the claim are of positive numbers"
_ROOTS = "the roots of the claim are of positive numbers"


def hypotheses_of(statement: Statement, claim: Equalities) -> tuple[str, ...]:
    """In words, each once."""
    found = [f"{name} is symmetric (assumed by the claim)" for name in statement.symmetric]
    nodes: list[Any] = [side for link in claim.links for side in (link.left, link.right)]
    nodes += [let.body for let in claim.lets]
    while nodes:
        node = nodes.pop()
        if not isinstance(node, list):
            continue
        nodes += node
        if node[:1] == ["^"]:
            power = node[2] if isinstance(node[2], int) else node[2][1]
            found += [_NOT_ZERO] if power < 0 else []
            found += [_ROOTS] if not isinstance(node[2], int) else []
        if node[:2] == ["apply", "log"]:
            found.append(_LOGARITHMS)
        if node[:2] in (["apply", "sqrt"], ["apply", "rsqrt"]):
            found.append(_ROOTS)
    return tuple(dict.fromkeys(found))
