r"""The author's own names: of single quantities, and of families over the layers of a chain.

``L = "C"`` names one quantity; ``a^l = "x"`` with ``layers = ["image", "hidden", "out"]`` makes a^0 the input, a^1 the
activation of ``hidden``, and a^{l+1} that of the layer after l.  ``a^l = "x^{l-1}"`` counts the layers from 1, and
``h_t = "hidden_r.{t}"`` puts a number into a name.  An equation with l is claimed for every l for which all that it
names exists.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.statements.parsing.tokens import quoted
from dyadic.symbolic.errors import SpecError

_FAMILY = re.compile(
    r"(?P<stem>[A-Za-z][A-Za-z0-9]*)(?P<mark>[\^_])(?:[lt]|\{[lt]\}|\([lt]\)|\[[lt]\]|\{\([lt]\)\}|\{\[[lt]\]\})\Z"
)
_ELL = re.compile(r"\\?ell(?![A-Za-z])")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_LAYER = re.compile(r"(?:(?P<base>[lLt]|n_l)(?:(?P<sign>[-+])(?P<by>\d{1,4}))?|(?P<number>\d{1,4}))\Z")
_KIND = re.compile(r"(?P<kind>(?:d[EC]/d)?[A-Za-z][A-Za-z0-9]*)(?:\^\{?[lt](?P<by>[-+]\d{1,3})?\}?)?\Z")
_TEMPLATE = re.compile(r"(?P<before>[^{}]*)\{[lt](?P<by>[-+]\d{1,3})?\}(?P<after>[^{}]*)\Z")
_LETTERED = re.compile(r"(?P<name>\w+)\[(?P<letters>[a-z](?: *, *[a-z])*)\]\Z")
_SCRIPT = re.compile(r"(?P<stem>[A-Za-z][A-Za-z0-9]*)\^[{(\[]*(?P<layer>[a-z]|\d{1,4})[)}\]]*\Z")
_MOST_STEPS = 1_000
_NEAR = 5
"""By how much l may differ from a number that there is, as in c_{t+1}."""
_GREEK = re.compile(r"\\([A-Za-z]+)")
_FONT = r"\\(?:math(?:bf|rm|it|sf|cal|bb)|boldsymbol|bm|vec|text(?:bf|rm)?)"
_BOLD = re.compile(rf"\A\s*{_FONT}(?:\s*\{{\s*(\\?[A-Za-z]+)\s*\}}|\s*(\\[A-Za-z]+|(?<=\s)[A-Za-z]))")
_BOLD_ACCENT = re.compile(rf"\\(bar|hat|tilde)\s*\{{\s*{_FONT}\s*\{{?\s*(\\?[A-Za-z]+)\s*\}}?\s*\}}")
_ACCENT = re.compile(r"\\(bar|hat|tilde)\s*\{?\s*(\\?[A-Za-z]+)\s*\}?")


class LayerOutside(Exception):
    """A layer that the chain does not have, or that lacks the quantity: the equation is not claimed for this l."""


@dataclass(frozen=True)
class NameFamily:
    """mark: before the layer, ^ or _.  kind: of the quantity; or the parts of its name around the number.

    by: what is added to the author's number.
    """

    mark: str
    kind: str = ""
    around: tuple[str, str] | None = None
    by: int = 0


@dataclass(frozen=True)
class AuthorNames:
    """plain: names of quantities as ``derive`` prints them.  families: by their letter.

    lettered: names that hold with certain letters as indices, as a_j and a_k of two layers: the quantity, and its
    indices in order.

    chain: the layers by number, from the input.  layer: the number that l stands for at present.
    """

    plain: Mapping[str, str]
    families: Mapping[str, NameFamily]
    chain: Sequence[str] = ()
    layer: int | None = None
    lettered: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)

    def named(self, stem: str, written: str, known: Container[str]) -> str:
        """The printed name of a family's quantity; ``written``: its script; ``known``: the names that there are.

        Raises :class:`LayerOutside`.
        """
        family, number = self.families[stem], self._number(written)
        number += family.by
        if family.around is not None:
            name = f"{family.around[0]}{number}{family.around[1]}"
        elif 0 <= number < len(self.chain):
            name = f"{family.kind}_{self.chain[number]}"
        else:
            raise LayerOutside(written)
        if name.rpartition("/d")[2] not in known:
            raise LayerOutside(name)
        return name

    def of_output(self, stem: str) -> str:
        r"""The last activation, where its family is named without a layer, as in \nabla_a C; else nothing."""
        is_activation = stem in self.families and self.families[stem].kind == "x"
        return f"x_{self.chain[-1]}" if is_activation and stem not in self.plain else ""

    def with_letters(self, name: str, letters: Sequence[str]) -> AuthorNames:
        """With a quantity of the claim's own that goes by the letters with which it is defined.

        Where an author's name tells layers apart by one of these letters: all others then have their own quantity.
        """
        written = "".join(letters)
        if not any(key.endswith(f"_{written}") for key in self.lettered):
            return self
        stem = name.removesuffix(f"_{written}")  # of delta_h, which is the second one beside delta
        key = f"{stem if self.letters_of(stem) else name}_{written}"
        return replace(self, lettered={**self.lettered, key: (name, tuple(letters))})

    def letters_of(self, stem: str) -> dict[str, str]:
        """The quantities that a letter stands for, by the letters of its indices, one after the other."""
        named = [(key, "".join(letters), name) for key, (name, letters) in self.lettered.items()]
        return {written: name for key, written, name in named if key == f"{stem}_{written}"}

    def apart(self, one: str, two: str) -> bool:
        """Whether letters tell different layers: some name has both of them, for different quantities."""
        stems = [key.removesuffix(f"_{one}") for key in self.lettered if key.endswith(f"_{one}")]
        pairs = [(self.lettered[f"{stem}_{one}"], self.lettered.get(f"{stem}_{two}")) for stem in stems]
        return any(other is not None and other[0] != own[0] for own, other in pairs)

    def is_layer(self, written: str) -> bool:
        return _LAYER.match(_bare(written)) is not None

    def numbers(self, known: Container[str]) -> range:
        """The numbers that l may stand for; ``known``: the names that there are."""
        around = [family.around for family in self.families.values() if family.around is not None]
        if around:
            steps = [n for n in range(_MOST_STEPS) if any(f"{before}{n}{after}" in known for before, after in around)]
            return range(min(steps, default=0) - _NEAR, max(steps, default=0) + _NEAR)
        shifts = [family.by for family in self.families.values()]
        return range(min(0, -max(shifts, default=0)), len(self.chain) - min(shifts, default=0))

    def lacks(self, number: int, outside: str) -> bool:
        """Whether it is for want of a quantity that a claim does not reach a layer; outside: what LayerOutside says.

        Not where l is the input, or l + 1 is beyond the output, of which nobody would expect it.
        """
        owner = outside.partition("_")[2]
        return 0 < number < len(self.chain) and self._named_by_chain and owner in self.chain[1:]

    @property
    def _named_by_chain(self) -> bool:
        """Whether the number of a layer is its place in the chain."""
        return not any(family.by or family.around for family in self.families.values())

    def shown(self, number: int) -> str:
        """A layer by its number, and by its name where that is the author's."""
        plain = 0 <= number < len(self.chain) and self._named_by_chain
        return f"l = {number} ({self.chain[number]})" if plain else f"l = {number}"

    def _number(self, written: str) -> int:
        """The author's number of a layer."""
        match = _LAYER.match(_bare(written))
        assert match is not None
        if match["number"]:
            return int(match["number"])
        start = self._last if match["base"] in ("L", "n_l") else self.layer
        if start is None:
            raise LayerOutside(written)
        return start + int(match["by"] or 0) * (-1 if match["sign"] == "-" else 1)

    @property
    def _last(self) -> int:
        """The author's number of the last layer: that of its activation."""
        shifts = [family.by for family in self.families.values() if family.kind == "x"]
        return len(self.chain) - 1 - (shifts[0] if shifts else 0)

    def speaks_of_l(self, text: str) -> bool:
        """Whether a formula holds a family at a layer that depends on l."""
        for stem, family in self.families.items():
            mark = family.mark
            letters = rf"(?:{stem}|\\{stem})(?:\}})?"
            script = r"(?:[_^]\s*(?:\{[^{}]*\}|\w)\s*)?"
            if re.search(rf"{letters}\s*{script}\{mark}\s*\{{?[\[(]?(?:[lt]|\\ell)(?![A-Za-z0-9])", text):
                return True
        return False

    def put_in(self, text: str, known: Container[str]) -> str:
        """A formula in the text notation with the printed names for the families' quantities."""
        for stem, family in self.families.items():
            layer = r"(\{[^{}]*\}|\([^()]*\)|[lLt]|\d+)(?![A-Za-z0-9])"
            pattern = rf"(?<![A-Za-z0-9_]){stem}\{family.mark}{layer}"

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
    families: dict[str, NameFamily] = {}
    lettered: dict[str, tuple[str, Sequence[str]]] = {}
    for written, meaning in table.items():
        name = spelled(written)
        family = _FAMILY.match(_ELL.sub("l", name))
        kind, around = _KIND.match(meaning), _TEMPLATE.match(meaning)
        if family and kind:
            families[family["stem"]] = NameFamily(family["mark"], kind["kind"], None, int(kind["by"] or 0))
        elif family and around:
            parts = around["before"], around["after"]
            families[family["stem"]] = NameFamily(family["mark"], "", parts, int(around["by"] or 0))
        elif _PLAIN.match(name) and (with_letters := _LETTERED.match(meaning)):
            lettered[name] = with_letters["name"], with_letters["letters"].replace(" ", "").split(",")
        elif _PLAIN.match(name):
            plain[name] = meaning
        else:
            problem = f"the name {quoted(written[:40])} cannot be used"
            raise SpecError("names", problem, _wanted(name))
    known = (*graph.parents, *graph.inputs)
    for name in layers:
        if name not in known:
            raise SpecError("layers", f"{name[:40]!r} is no layer or input", f"known: {', '.join(known)}")
    chain = list(layers) or _chain(graph)
    if any(family.around is None for family in families.values()) and not chain:
        raise SpecError("layers", "are in no chain: l does not say which is meant", "list them: layers = [...]")
    return AuthorNames(plain, families, chain, lettered=lettered)


def _wanted(name: str) -> str:
    """What to write instead of a name that cannot be used."""
    script = _SCRIPT.match(name)
    if script is None:
        return "use letters, such as theta or a^l"
    stem, layer = script["stem"], script["layer"]
    if layer.isdigit():
        return f'name the layers together, by l: {stem}^{{(l)}} = "{stem}"; a claim may then say {stem}^{{({layer})}}'
    return f'the letter of a layer is l, that of a step t: write {stem}^{{(l)}} = "..." here and in the claims'


def spelled(written: str) -> str:
    r"""A name without LaTeX: ``\hat{y}`` is yhat, ``\delta^{l}`` is delta^{l}, ``\mathbf{W}`` is W."""
    text = _BOLD_ACCENT.sub(lambda found: rf"\{found[1]}{{{found[2]}}}", written.strip())
    text = _BOLD.sub(lambda found: found[1] or found[2], text)
    text = _ACCENT.sub(lambda found: f"{found[2]}{found[1]}", text)
    text = _GREEK.sub(lambda found: found[1], text)
    text = re.sub(r"\s*([\^_{}])\s*", r"\1", text)
    text = re.sub(r"_\{?(?:math\w+|text|rm)?\{?([A-Za-z0-9]+)\}*", r"_\1", text)
    text = re.sub(r"\^\{?2\}?\Z", "2", text)  # of \sigma^2, which is one letter for a variance
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
