"""What the deriver, the code generators and the typesetters know of one scalar function, in one record."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Rational, Symbol

Z = Symbol("z", real=True)
"""The argument in definitions and closed forms."""

HELD = (
    "its value is held constant, as the program asks: the derivative is taken as 0 everywhere, "
    "and gradients are those that the program defines, not those of its value"
)
"""What is assumed of a function whose derivative is not that of its value."""


@dataclass(frozen=True)
class Spelling:
    """How a target calls a function.

    call: a template in which ``{0}`` is the argument.  helper: the definition of what it calls, if the target has no
    such routine (for CUDA one line, in which ``$`` is the suffix of a literal).  imports: lines the helper needs first.
    """

    call: str
    helper: str = ""
    imports: str = ""


@dataclass(frozen=True)
class ScalarFunction:
    """A function of one real variable.

    definition: the formula, a SymPy expression of :data:`Z`; what everything else is checked against.
    value: the same over primitives (``Apply`` of order 0) where the definition itself would overflow or lose digits.
    derivative: likewise for the derivative; None where SymPy derives it from the definition.
    generator: the bounded function that a derived derivative is rewritten in, if any.
    kinks: the points where it is not differentiable, each with the value taken for the derivative there.
    jumps: in words, the points at which a function is discontinuous that is constant between them.
    held: whether its value is held constant in every derivative, which then is 0 wherever it is taken: not that of the
        definition, but the one that a program asks for.
    domain: the open interval on which it is differentiable; None for no bound.
    nonzero: an expression of :data:`Z` that must not vanish, if there is one.
    numpy, cuda: how targets call it; a function without them is emitted as its closed form.
    harmless: an argument at which value and derivative are finite, put in where a bracket is 0; None if they are finite
    for every finite argument, so that 0 times them is 0.
    latex, typst: the operator, where the notation has one of its own; otherwise the name is set upright.
    written: how papers and claims may write the name, where that is another one: ReLU.
    layer: whether there is a layer type of this name that does nothing else.
    activation: whether other layers may take it as their activation.
    """

    name: str
    definition: Expr
    value: Expr | None = None
    derivative: Expr | None = None
    generator: str | None = None
    kinks: tuple[tuple[Rational, Rational], ...] = ()
    jumps: str | None = None
    held: bool = False
    domain: tuple[Rational | None, Rational | None] = (None, None)
    nonzero: Expr | None = None
    numpy: Spelling | None = None
    cuda: Spelling | None = None
    harmless: int | None = None
    latex: str | None = None
    typst: str | None = None
    written: str | None = None
    layer: bool = False
    activation: bool = False

    @property
    def primitive(self) -> bool:
        """Whether targets call a routine instead of spelling out the formula."""
        return self.numpy is not None

    @property
    def kink(self) -> str | None:
        """The convention where it is not differentiable, as a sentence; None if it is everywhere in its domain."""
        if self.held:
            return HELD
        if self.jumps is not None:
            return f"between its jumps at {self.jumps} the derivative is 0, and there it is taken as 0"
        if not self.kinks:
            return None
        values = dict.fromkeys(value for _, value in self.kinks)
        parts = []
        for value in values:
            points = " and ".join(f"z = {point}" for point, taken in self.kinks if taken == value)
            parts.append(f"at {points} the derivative is taken as {_shown(value)}")
        return ", ".join(parts)

    @property
    def defined(self) -> str | None:
        """The condition on the argument under which it is differentiable; None if there is none."""
        low, high = self.domain
        if low is not None or high is not None:
            return f"z > {low}" if high is None else f"{low} < z < {high}" if low is not None else f"z < {high}"
        return None if self.nonzero is None else f"{self.nonzero} is not 0"

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """What is assumed wherever it is used."""
        return tuple(text for text in (self.kink, self.defined) if text is not None)


def _shown(number: Rational) -> str:
    """A number for the eye: exactly if that is short."""
    return str(number) if len(str(number)) < 12 else f"{float(number):.6f}..."
