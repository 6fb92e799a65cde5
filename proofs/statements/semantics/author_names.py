r"""The author's own names: of single quantities, and of families over the layers of a chain.

``L = "C"`` names one quantity; ``a^l = "x"`` with ``layers = ["image", "hidden", "out"]`` makes a^0 the input, a^1 the
activation of ``hidden``, and a^{l+1} that of the layer after l.  An equation with l is claimed for every l for which
all that it names exists.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.statements.parsing.tokens import quoted
from dyadic.symbolic.errors import SpecError

_FAMILY = re.compile(r"(?P<stem>[A-Za-z][A-Za-z0-9]*)(?P<mark>[\^_])(?:l|\{l\}|\(l\)|\[l\]|\{\(l\)\}|\{\[l\]\})\Z")
_ELL = re.compile(r"\\?ell(?![A-Za-z])")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_LAYER = re.compile(r"(?:(?P<base>[lL])(?:(?P<sign>[-+])(?P<by>\d{1,4}))?|(?P<number>\d{1,4}))\Z")
_KIND = re.compile(r"(?:d[EC]/d)?[A-Za-z][A-Za-z0-9]*\Z")
_GREEK = re.compile(r"\\([A-Za-z]+)")
_ACCENT = re.compile(r"\\(bar|hat|tilde)\s*\{?\s*(\\?[A-Za-z]+)\s*\}?")


class LayerOutside(Exception):
    """A layer that the chain does not have, or that lacks the quantity: the equation is not claimed for this l."""


@dataclass(frozen=True)
class AuthorNames:
    """plain: names of quantities as ``derive`` prints them.  families: (mark, kind) by their letter.

    chain: the layers by number, from the input.  layer: the number that l stands for at present.
    """

    plain: Mapping[str, str]
    families: Mapping[str, tuple[str, str]]
    chain: Sequence[str] = ()
    layer: int | None = None

    def named(self, stem: str, written: str, known: Container[str]) -> str:
        """The printed name of a family's quantity; ``written``: its script; ``known``: the names that there are.

        Raises :class:`LayerOutside`.
        """
        name = f"{self.families[stem][1]}_{self._owner(written)}"
        if name.rpartition("/d")[2] not in known:
            raise LayerOutside(name)
        return name

    def of_output(self, stem: str) -> str:
        r"""The last activation, where its family is named without a layer, as in \nabla_a C; else nothing."""
        is_activation = stem in self.families and self.families[stem][1] == "x"
        return f"x_{self.chain[-1]}" if is_activation and stem not in self.plain else ""

    def is_layer(self, written: str) -> bool:
        return _LAYER.match(_bare(written)) is not None

    def _owner(self, written: str) -> str:
        match = _LAYER.match(_bare(written))
        assert match is not None
        last = len(self.chain) - 1
        if match["number"]:
            number = int(match["number"])
        else:
            start = last if match["base"] == "L" else self.layer
            if start is None:
                raise LayerOutside(written)
            number = start + int(match["by"] or 0) * (-1 if match["sign"] == "-" else 1)
        if not 0 <= number <= last:
            raise LayerOutside(written)
        return self.chain[number]

    def speaks_of_l(self, text: str) -> bool:
        """Whether a formula holds a family at a layer that depends on l."""
        for stem, (mark, _) in self.families.items():
            letters = rf"(?:{stem}|\\{stem})(?:\}})?"
            script = r"(?:[_^]\s*(?:\{[^{}]*\}|\w)\s*)?"
            if re.search(rf"{letters}\s*{script}\{mark}\s*\{{?[\[(]?(?:l|\\ell)(?![A-Za-z0-9])", text):
                return True
        return False

    def put_in(self, text: str, known: Container[str]) -> str:
        """A formula in the text notation with the printed names for the families' quantities."""
        for stem, (mark, _) in self.families.items():
            pattern = rf"(?<![A-Za-z0-9_]){stem}\{mark}(\{{[^{{}}]*\}}|\([^()]*\)|[lL]|\d+)(?![A-Za-z0-9])"

            def replaced(found: re.Match[str], stem: str = stem) -> str:
                return self.named(stem, found[1], known) if self.is_layer(found[1]) else found[0]

            text = re.sub(pattern, replaced, text)
        return text


def _bare(written: str) -> str:
    """A layer without the braces and brackets around it; an ell is an l."""
    return _ELL.sub("l", re.sub(r"[\s{}()\[\]]", "", written))


def author_names(table: Mapping[str, str], layers: Sequence[str], graph: Graph) -> AuthorNames:
    """The names of a claims file, for a network.  Raises :class:`SpecError`."""
    plain: dict[str, str] = {}
    families: dict[str, tuple[str, str]] = {}
    for written, meaning in table.items():
        name = spelled(written)
        family = _FAMILY.match(_ELL.sub("l", name))
        if family and _KIND.match(meaning):
            families[family["stem"]] = family["mark"], meaning
        elif _PLAIN.match(name):
            plain[name] = meaning
        else:
            raise SpecError(
                "names", f"the name {quoted(written[:40])} cannot be used", "use letters, such as theta or a^l"
            )
    known = (*graph.parents, *graph.inputs)
    for name in layers:
        if name not in known:
            raise SpecError("layers", f"{name[:40]!r} is no layer or input", f"known: {', '.join(known)}")
    chain = list(layers) or _chain(graph)
    if families and not chain:
        raise SpecError("layers", "are in no chain: l does not say which is meant", "list them: layers = [...]")
    return AuthorNames(plain, families, chain)


def spelled(written: str) -> str:
    r"""A name without LaTeX: ``\hat{y}`` is yhat, ``\delta^{l}`` is delta^{l}."""
    text = _ACCENT.sub(lambda found: f"{found[2]}{found[1]}", written.strip())
    text = _GREEK.sub(lambda found: found[1], text)
    text = re.sub(r"\s*([\^_{}])\s*", r"\1", text)
    return re.sub(r"\^\{?text\{([^{}]*)\}\}?", r"_\1", text)


def _chain(graph: Graph) -> list[str]:
    """The vertices from the input to the output, where each reads the one before it alone."""
    inputs = [name for name, node in graph.inputs.items() if node["role"] not in ("parameter", "constant")]
    found = inputs if len(inputs) == 1 else []
    for name, parents in graph.parents.items():
        if not found or list(parents) != [found[-1]]:
            return []
        found = [*found, name]
    return found
