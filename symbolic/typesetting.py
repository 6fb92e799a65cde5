"""What the typeset notations share: names as letters with accents and scripts, symbols, reductions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

from sympy import Symbol

from dyadic.symbolic.expressions import Element, Reduction
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.functions.scalar import ScalarFunction
from dyadic.symbolic.printing import COST_OWNERS, Printer
from dyadic.symbolic.tensor_names import Name, NameRole, Owner, Placeholder


class TypesetPrinter(Printer):
    """Subclasses spell; what is an accent, a superscript or a subscript is decided here.

    aliases: shorter names for vertices and inputs with long ones.
    """

    reductions: Mapping[str, str]
    accents: Mapping[NameRole, tuple[str, str]]
    """Over one letter, and over several."""

    def __init__(self, named: Iterable[str] = (), aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(named)
        self.aliases = aliases or {}

    def entry(self, node: Element) -> str:
        name, own = node.name, self.goes_by_own_name(node.name)
        base = str(name.owner) if own else name.letter
        text, upper = (self._own_name(base), "") if own else self.letter(name)
        if name.role is not NameRole.PLAIN:
            text = self.accent(self.accents[name.role][self.is_wide(name)], text)
        scripts = [upper] if upper else []
        if not own and name.owner not in COST_OWNERS:
            scripts.append(self._owner(name.owner))
        text += self.script("^", ", ".join(scripts)) if scripts else ""
        plain = all(isinstance(index, Symbol) for index in node.indices)
        indices = (" " if plain else ", ").join(self(index) for index in node.indices)
        return text + (self.script("_", indices) if indices else "")

    def letter(self, name: Name) -> tuple[str, str]:
        """A tensor's letter, and what stands in its superscript before the owner."""
        return self.letters(name.letter), ""

    def is_wide(self, name: Name) -> bool:
        """Whether an accent has to stand over several letters."""
        return len(str(name.owner) if self.goes_by_own_name(name) else name.letter) > 1

    def letters(self, name: str) -> str:
        """A tensor's letter or letters; digits are no subscript, since its indices are one."""
        return name if len(name) == 1 else self.italic(name)

    def _own_name(self, name: str) -> str:
        """The name of a parameter or constant that is an input, as a letter of its own."""
        name = self.aliases.get(name, name)
        return name if len(name) == 1 and name.isascii() and name.isalpha() else self.upright(name)

    def _owner(self, name: Owner) -> str:
        """A vertex's name as a superscript; the placeholders v, u, u1, ... of a kind's equation in italics."""
        if isinstance(name, Placeholder):
            return self.symbol(name.letter)
        return self.upright(self.aliases.get(name, name))

    def symbol(self, name: str) -> str:
        if name == "pi":
            return self.pi
        if name.endswith("'"):
            return self.symbol(name[:-1]) + "'"
        # No two names look the same: x_{0} is x0, and x_0 is one word.
        if name[1:] in ("_+", "_-"):
            return self.symbol(name[0]) + self.script("_", name[2])
        letters = name.rstrip("0123456789")
        if len(letters) != 1:
            return self.italic(name)
        return letters + (self.script("_", name[1:]) if name[1:] else "")

    def subscripted(self, name: str) -> str:
        """The name of a function with what it is differentiated by, E_x."""
        base, _, index = name.partition("_")
        return self.symbol(base) + (self.script("_", self.symbol(index)) if index else "")

    def function(self, name: str, order: int, argument: str) -> str:
        known = FUNCTIONS.get(name)
        spelled, primes = self.spelling(known) if known else None, chr(39) * order
        return (spelled + primes if spelled else self.operator(name, primes)) + self.brackets(argument)

    def reduction(self, node: Reduction, body: str) -> str:
        reach = self.below(self.symbol(node.index.name), self(node.extent))
        return f"{self.reductions[node.kind]}{self.script('_', reach)} {body}"

    pi: str

    @abstractmethod
    def script(self, mark: str, text: str) -> str:
        """A superscript (``^``) or subscript (``_``)."""

    @abstractmethod
    def accent(self, mark: str, text: str) -> str: ...

    @abstractmethod
    def italic(self, name: str) -> str:
        """A name of several letters as one symbol."""

    @abstractmethod
    def upright(self, name: str) -> str:
        """A name that a user gave."""

    @abstractmethod
    def operator(self, name: str, primes: str) -> str:
        """A function that has no spelling of its own, with the primes of its derivative."""

    @abstractmethod
    def spelling(self, function: ScalarFunction) -> str | None: ...

    @abstractmethod
    def below(self, index: str, extent: str) -> str:
        """index < extent, under a reduction."""
