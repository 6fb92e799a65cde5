"""Two hundred claims as they stand in books: the true ones are proved and the slips in them refuted, at own sizes.

Half of them in matrix notation, half with indices; half as text, half in LaTeX.  Every refutation is substituted again.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from claims import book_index_latex, book_index_text, book_matrix_latex, book_matrix_text
from claims.author import statement_of, verdict_on
from claims.book_networks import NETWORKS, book_derivation
from claims.second_look import holds_again
from dyadic.proofs.claims import Verdict

NOTATIONS = {
    "matrix text": (book_matrix_text, False), "matrix latex": (book_matrix_latex, True),
    "index text": (book_index_text, False), "index latex": (book_index_latex, True),
}  # fmt: skip
SAMPLED = 13
CLAIMS = [
    pytest.param(
        name, {"latex": latex, **options}, claim, true, id=f"{notation} {number} {name} {true}",
        marks=() if number % SAMPLED == 0 else pytest.mark.long,
    )
    for notation, (module, latex) in NOTATIONS.items()
    for number, (name, options, *pair) in enumerate(module.PAIRS)
    for claim, true in zip(pair, (True, False), strict=True)
]  # fmt: skip


def test_there_are_as_many_of_each():
    assert [len(module.PAIRS) for module, _ in NOTATIONS.values()] == [25] * 4
    used = {name for module, _ in NOTATIONS.values() for name, *_ in module.PAIRS}
    assert used == set(NETWORKS)
    assert len(used) >= 20


@pytest.mark.parametrize(("name", "options", "claim", "true"), CLAIMS)
def test_a_book_is_judged_rightly(name, options, claim, true):
    book = NETWORKS[name]
    statement = statement_of(claim, **{"at": "solution", **book.options, **options})
    words = {"names": book.names, "functions": book.functions}
    found = verdict_on(book_derivation(name), statement, **words)
    if true:
        assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)
        return
    assert found.verdict is Verdict.REFUTED, found.reason
    assert holds_again(book_derivation(name), statement, found, **words)


def test_the_second_look_says_no_to_other_numbers():
    """To the numbers of a counterexample with one of them changed, and to those of a true claim."""
    words = {"names": NETWORKS["mlp"].names}
    false, true = (
        statement_of(claim, at="solution")
        for claim in ("delta_1 = (W_2 delta_2) .* (1 - h_1 .* h_1)", "delta_1 = (W_2^T delta_2) .* (1 - h_1 .* h_1)")
    )
    found = verdict_on(book_derivation("mlp"), false, **words)
    assert holds_again(book_derivation("mlp"), false, found, **words)
    assert not holds_again(book_derivation("mlp"), true, found, **words)
    numbers = found.counterexample
    for label, value in numbers["values"].items():
        if value != "0":
            other = replace(found, counterexample={**numbers, "values": {**numbers["values"], label: "1/7"}})
            assert not holds_again(book_derivation("mlp"), false, other, **words)
