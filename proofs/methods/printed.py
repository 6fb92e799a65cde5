"""What is printed of every equation, read back, is that equation.

Proves: the text that ``dyadic derive`` prints for each equation of the network and each intermediate, read by a reader
that knows nothing of the printer, is, letter by letter, the equation that is hashed and verified.  The same for LaTeX,
as far as the reader of claims knows its notation.

Trusts: the readers in proofs/statements; the checker's forms of integers.  Blind to: the appendix, which breaks lines
and shortens names; the words around an equation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sympy import Symbol

from dyadic.proofs.checker.instantiated.demands import ITSELF
from dyadic.proofs.checker.instantiated.integer_forms import Forms
from dyadic.proofs.checker.instantiated.letters import Letters, Terms
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import REDUCTIONS, nodes
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.sentences import told
from dyadic.proofs.statements.parsing.grammar import parse
from dyadic.proofs.statements.parsing.latex_notation import LatexReader
from dyadic.proofs.statements.parsing.latex_source import formula
from dyadic.proofs.statements.parsing.notation import printed_names, read_equation
from dyadic.proofs.statements.parsing.tokens import PRINTED, Unreadable
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.proofs.subject import Subject
from dyadic.symbolic.expressions import Bracket, Definition, Element, Index, Reduction
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import NUMBERED, TextPrinter

_SHOWN = 200
"""Characters of an equation in a reason."""
MOST_LATEX = 300
"""Number of equations up to which the LaTeX is read back as well."""

Read = Callable[[str], tuple[Any, Any]]


def printed_claims(subject: Subject) -> Iterator[Claim]:
    """One claim about the text, and one about the LaTeX of networks that are not large."""
    derivation, graph = subject.derivation, subject.network
    own = derivation.architecture.own_names
    names = printed_names(graph, own)
    yield _claim(subject, "text", TextPrinter(own).equation, lambda text: read_equation(text, names), lambda item: True)
    if len(derivation.equations) <= MOST_LATEX:
        yield _claim(subject, "latex", LatexPrinter(own).equation, _latex_reader(graph), _in_claims_notation)


def _claim(
    subject: Subject,
    notation: str,
    write: Callable[[Definition], str],
    read: Read,
    covered: Callable[[Definition], bool],
) -> Claim:
    forms, seen, left_out = Forms(), 0, 0
    different: dict[str, Any] | None = None
    unread: str | None = None
    done: set[Definition] = set()
    for tag, equation in subject.derivation.equations.items():
        items = (equation.definition, *equation.where)
        for item, content in zip(items, (equation.content["definition"], *equation.content["where"]), strict=True):
            if item in done:
                continue
            done.add(item)
            text = write(item)
            try:
                if ["pi"] in nodes(content):
                    raise Rejected(tag, "it holds pi, a number that equations are not compared with")
                left, right = read(text)
                same = _same(forms, content, left, right)
            except (Unreadable, Rejected) as error:
                if covered(item):
                    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
                    unread = unread or f"{tag} cannot be read back: {error}; what is printed is {shown}"
                else:
                    left_out += 1
                continue
            seen += 1
            if not same and different is None:
                different = {"tag": tag, "printed": text, "equation": content, "read_back": [left, right]}

    def claim(verdict: Verdict, **rest: Any) -> Claim:
        numbers = {"compared": seen, "left_out": left_out}
        return told("printed", verdict, {"notation": notation}, numbers, name=notation, **rest)

    if different is not None:
        return claim(Verdict.REFUTED, counterexample=different)
    if unread is not None or seen == 0:
        return claim(Verdict.UNDECIDED, reason=unread or "nothing could be compared")
    return claim(Verdict.PROVED)


def _same(forms: Forms, content: Any, left: Any, right: Any) -> bool:
    """Whether ``left = right`` is the equation, whatever its indices are called."""
    head, kind, owner, indices = left
    if (head, kind, owner, len(indices)) != ("entry", content["kind"], content["owner"], len(content["indices"])):
        return False
    names = [index[1] for index in indices]
    if len(set(names)) < len(names):
        return False
    body, printed = _roots_as_powers(content["body"]), _roots_as_powers(right)
    wanted = _letters(forms, body, content["indices"], "the equation")
    return _letters(forms, printed, names, "what is printed") == wanted


def _letters(forms: Forms, body: Any, indices: list[str], where: str) -> Terms:
    return Letters(forms, where, ITSELF, [None] * len(indices)).read(body, {name: k for k, name in enumerate(indices)})


def _roots_as_powers(node: Any) -> Any:
    """The function sqrt and the power 1/2 are one thing under one sign; a derivative, sqrt', has a name of its own."""
    if not isinstance(node, list):
        return node
    parts = [_roots_as_powers(child) for child in node]
    return ["^", parts[3], ["rational", 1, 2]] if parts[:3] == ["apply", "sqrt", 0] and len(parts) == 4 else parts


# -- LaTeX, by the reader of claims ------------------------------------------------------------------------------------


def _latex_reader(graph: Graph) -> Read:
    vocabulary = Vocabulary(graph)
    for letter in NUMBERED:  # no parameter is printed so
        vocabulary.tensors.pop(letter, None)

    def read(text: str) -> tuple[Any, Any]:
        sides = parse(LatexReader(formula(text), vocabulary, limits=PRINTED).tokens(), PRINTED)
        match sides:
            case [["entry", kind, owner, list(indices)], right]:
                free = [index[1] for index in indices if isinstance(index, list) and index[0] in NAMES]
                if len(free) == len(indices):
                    left = ["entry", kind, owner, [["index", name] for name in free]]
                    return left, _with_ranges(right, frozenset(free))
        raise Unreadable(0, "this is no equation")

    return read


NAMES = ("index", "size")


def _with_ranges(node: Any, scope: frozenset[str]) -> Any:
    """Ranges that are names of sizes, as the certificate writes them; what is bound is an index, whatever else is so
    called in the network."""
    if not isinstance(node, list):
        return node
    if len(node) == 4 and node[0] in REDUCTIONS:
        extent = ["size", node[2]] if isinstance(node[2], str) else node[2]
        if extent is None:
            raise Unreadable(0, "a range is missing")
        return [node[0], node[1], _with_ranges(extent, scope), _with_ranges(node[3], scope | {node[1]})]
    if len(node) == 2 and node[0] in NAMES:
        return ["index" if node[1] in scope else "size", node[1]]
    return [_with_ranges(child, scope) for child in node]


def _in_claims_notation(item: Definition) -> bool:
    """Whether the LaTeX of a definition is in the notation of claims.

    It is not where sizes as numbers, ranges that are formulas, positions with more than one axis, or entries in
    brackets occur.
    """
    body = item.body
    inner = {index for entry in body.atoms(Element) for index in entry.indices if isinstance(index, Element)}
    if any(len(index.indices) > 1 for index in inner) or any(node.atoms(Element) for node in body.atoms(Bracket)):
        return False
    ranges = [node.extent for node in body.atoms(Reduction)]
    if any(not (extent.is_Integer or isinstance(extent, Symbol)) for extent in ranges):
        return False
    named = {symbol for symbol in body.free_symbols if not isinstance(symbol, Index)}
    return named <= set(ranges) and not _as_numbers(body, named)


def _as_numbers(body: Any, named: set[Any]) -> bool:
    """Whether the name of a size stands elsewhere than as a range."""
    if isinstance(body, Reduction):
        return _as_numbers(body.body, named)
    return body in named or any(_as_numbers(child, named) for child in body.args)
