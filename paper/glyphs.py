"""One allocator of symbols for all formats: which letter stands for which quantity, index and size.

A quantity has one letter wherever it stands; indices and sizes give way to quantities.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sympy import Symbol

from dyadic.paper.layer_words import name_of
from dyadic.paper.meanings import GLYPHS, GREEK, LETTERS, OF_THE_DYNAMICS, OF_THE_THEORY, OF_TYPE, Glyph
from dyadic.paper.transliteration import plain_name
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.expressions import Definition, Element, Index, Tensor, all_indices, rename, size
from dyadic.symbolic.options import suggest

RESERVED = frozenset({"x", "s", "f", "u", "v", "t", "h", "d", "e", "E", "C", "L", "T", "F", "D"})
"""Letters of the general theory: no index and no size goes by one of them."""

_INDICES = ("i", "j", "k", "l", "p", "q", "r", "m", "n")
_SIZES = ("n", "m", "q", "r", "p", "w", "k", "l", "g")
"""What an index, or a size, is called whose own letter is a quantity's: the usual ones first."""


_GLYPH = re.compile(r"([A-Za-z]+)(?:\^([A-Za-z0-9]+))?\Z")


@dataclass(frozen=True)
class Notation:
    """What things are called on paper.

    types: a vertex's or cost's layer type, by its name, where a letter depends on it.
    chosen: the user's glyphs, by the letter that they stand for.
    names: names that have to be written otherwise than the user wrote them, with what is written.
    elsewhere: letters of quantities that stand anywhere in the paper, by which no index or size goes.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, Glyph] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    def glyph(self, letter: str, owner: str = "", kind: str = "") -> Glyph:
        """The glyph of a quantity's letter, of a vertex of this name or of a layer kind of this type."""
        if letter in self.chosen:
            return self.chosen[letter]
        of_type = OF_TYPE.get(self.types.get(owner, kind), {})
        return of_type.get(letter) or GLYPHS.get(letter) or _spelled(letter, of_type)

    @property
    def state(self) -> tuple[str, str]:
        """The letters of activations and sensitivities in figures."""
        return self.glyph("x").plain, self.glyph("s").plain

    def plain(self, name: str) -> str:
        """A name as it is written on paper."""
        return self.names.get(name, name)

    def apart(self, lines: Sequence[Definition], kind: str = "") -> tuple[Definition, ...]:
        """Lines whose indices and sizes have letters that are no quantity's there, the same in all of them."""
        symbols = {s for line in lines for s in _symbols(line)}
        taken = self.bases((kind, line) for line in lines) | self.elsewhere
        taken |= RESERVED | {glyph.base for glyph in self.chosen.values()}
        taken |= {"l"} if "ell" in taken else set()  # which looks like it
        table = _renamed(symbols, taken)
        return tuple(_with(line, table) for line in lines) if table else tuple(lines)

    def bases(self, lines: Iterable[tuple[str, Definition]]) -> set[str]:
        """The letters of the quantities in equations, each given with its layer type."""
        return {self.glyph(e.name.letter, str(e.name.owner), kind).base for kind, line in lines for e in entries(line)}

    def used(self, letters: Iterable[tuple[str, str]], general: Mapping[str, str]) -> list[Glyph]:
        """The glyphs of these letters (each with its layer type), each once, with all that it means.

        general: what letters mean in statements about any network.
        """
        found: dict[tuple[str, str], dict[str, list[str]]] = {}
        for letter, kind in letters:
            glyph = self.glyph(letter, "", kind)
            kinds = found.setdefault((glyph.base, glyph.upper), {}).setdefault(glyph.meaning, [])
            kinds += [words for words in (name_of(kind),) if words and words not in kinds]
        for letter, meaning in general.items():
            glyph = self.chosen.get(letter, Glyph(letter))
            found.setdefault((glyph.base, glyph.upper), {}).setdefault(meaning, []).append(_GENERAL)
        return [Glyph(base, upper, _meanings(kinds)) for (base, upper), kinds in found.items()]


_GENERAL = "of any network"


def _meanings(kinds: Mapping[str, Sequence[str]]) -> str:
    """What a glyph means; where that is several things, each with where it means it."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return "; ".join(f"{meaning} ({', '.join(where)})" if where else meaning for meaning, where in kinds.items())


def _spelled(letter: str, known: Mapping[str, Glyph]) -> Glyph:
    """A letter as it is; of several the first, the others above it, a number in brackets so that it is no power."""
    if len(letter) == 1 or letter in GREEK:
        return Glyph(letter)
    first, rest = letter[0], letter[1:]
    meaning = known.get(first, GLYPHS.get(first, Glyph(""))).meaning
    return Glyph(first, f"({rest})", f"{meaning}, axis {rest}") if rest.isdigit() else Glyph(first, rest)


def entries(line: Definition) -> set[Element]:
    """Everything that a definition defines and reads."""
    return {line.element, *line.body.atoms(Element)}


def _symbols(line: Definition) -> set[Symbol]:
    shape = {symbol for extent in line.tensor.shape for symbol in extent.free_symbols}
    return {*line.indices, *all_indices(line.body), *line.body.free_symbols, *shape}


def _renamed(symbols: set[Symbol], taken: set[str]) -> dict[Symbol, Symbol]:
    """New names for what would be taken for a quantity, or a size for an index; size names of several letters stay."""
    indices = {symbol for symbol in symbols if isinstance(symbol, Index)}
    names = {symbol.name for symbol in symbols}
    families: dict[tuple[str, bool], list[Symbol]] = {}
    for symbol in sorted(symbols, key=lambda one: (one.name, isinstance(one, Index))):
        letter, index = symbol.name.rstrip("0123456789"), symbol in indices
        clash = index and any(other.name == symbol.name for other in symbols - indices)
        if len(letter) == 1 and (letter in taken or clash):
            families.setdefault((letter, index), []).append(symbol)
    table: dict[Symbol, Symbol] = {}
    for (_, index), family in families.items():
        new = _free_names(family, _INDICES if index else _SIZES, names, taken)
        names |= set(new)
        table.update({old: Index(name) if index else size(name) for old, name in zip(family, new, strict=True)})
    return table


def _free_names(family: Sequence[Symbol], letters: Sequence[str], names: set[str], taken: set[str]) -> list[str]:
    """Names for symbols of one letter, of one letter again: plain, with their own numbers, or with others."""
    own = [symbol.name[1:] for symbol in family]
    numberings = [[""]] if len(family) == 1 else []
    numberings += [own] if all(len(number) < 2 for number in own) else []
    numberings += [[str(first + k) for k in range(len(family))] for first in range(1, 99)]
    found = ([letter + number for number in numbers] for numbers in numberings for letter in letters)
    return next(new for new in found if not names & set(new) and new[0][0] not in taken)


def _with(line: Definition, table: Mapping[Symbol, Symbol]) -> Definition:
    shape = tuple(extent.xreplace(dict(table)) for extent in line.tensor.shape)
    left = tuple(table.get(index, index) for index in line.indices)
    return Definition(Tensor(line.tensor.name, shape), left, rename(line.body, {}, table))


def allocate(derivation: Derivation, chosen: Mapping[str, Glyph] | None = None) -> Notation:
    """The notation of one network."""
    architecture = derivation.architecture
    types = {vertex.name: vertex.kind.type for vertex in architecture.vertices}
    names = [*(node.name for node in architecture.inputs), *types, architecture.name]
    return Notation(types, chosen or {}, _plain_names(names))


def _plain_names(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names = list(names)
    taken = set(names)
    for name in names:
        plain = plain_name(name)
        if plain == name or name in found:
            continue
        number, new = 1, plain
        while new in taken:
            number += 1
            new = f"{plain}-{number}"
        taken.add(new)
        found[name] = new
    return found


def read_notation(path: Path) -> dict[str, Glyph]:
    """The user's glyphs: a TOML file of lines such as ``W = "Theta"`` and ``Wq = "A^Q"``.

    Raises :class:`DyadicError` where the file cannot be read, or a value is no letter with an optional superscript, or
    two quantities would go by one.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DyadicError(f"{path}: cannot be read as TOML: {error}") from error
    return {letter: _chosen(path, letter, value, content) for letter, value in content.items()}


def _chosen(path: Path, letter: str, value: object, content: Mapping[str, object]) -> Glyph:
    found = _GLYPH.match(value) if isinstance(value, str) else None
    if not found or (len(found[1]) > 1 and found[1] not in GREEK):
        raise DyadicError(
            f"{path}: {letter} = {value!r} is no letter; write one letter or the name of a Greek one, "
            'with a superscript if it needs one, such as "Theta" or "A^Q"'
        )
    if len(letter) > 1 and letter.rstrip("0123456789") not in LETTERS:
        raise DyadicError(f"{path}: no quantity has the letter {letter!r}; {suggest(letter, sorted(LETTERS))}")
    glyph = Glyph(found[1], found[2] or "", GLYPHS.get(letter, Glyph("")).meaning)
    if not glyph.upper and glyph.base in OF_THE_THEORY.keys() - OF_THE_DYNAMICS:
        said = f"in the theorem {glyph.base} is {OF_THE_THEORY[glyph.base]}; choose another letter"
        raise DyadicError(f"{path}: {letter} = {value!r}: {said}")
    for other in {*GLYPHS, *content} - {letter}:
        theirs = content.get(other, None)
        standard = GLYPHS.get(other)
        name = theirs if theirs is not None else standard and _written(standard)
        if name == _written(glyph):
            said = f"is what {other} is called"
            if theirs is None and standard and other != name:
                said += f", the {standard.meaning} of networks that have one"
            raise DyadicError(f"{path}: {letter} = {value!r} {said}; choose another letter, or one for {other} too")
    return glyph


def _written(glyph: Glyph) -> str:
    return f"{glyph.base}^{glyph.upper}" if glyph.upper else glyph.base
