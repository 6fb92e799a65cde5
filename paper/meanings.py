"""What letters mean: those of a layer type where that decides, those of any equation, those of the theory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GREEK: Mapping[str, str] = {
    "varepsilon": "ε", "varsigma": "ς", "vartheta": "ϑ", "varphi": "φ", "ell": "ℓ",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "upsilon": "υ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""Letters that a glyph may have by name."""


@dataclass(frozen=True)
class Glyph:
    """A letter (or the name of a Greek one), and what distinguishes it in its superscript."""

    base: str
    upper: str = ""
    meaning: str = ""

    @property
    def plain(self) -> str:
        """The letter where there are no formulas, as in a figure."""
        return GREEK.get(self.base, self.base) + (f"^{self.upper}" if self.upper else "")


_NORM = {
    "m": Glyph("mu", "", "mean"),
    "v": Glyph("varsigma", "", "variance"),
    "r": Glyph("rho", "", "inverse deviation"),
    "G": Glyph("gamma", "", "gain"),
    "R": Glyph("nu", "", "mean of squares"),
    "z": Glyph("z", "", "activation less its mean"),
    "M": Glyph("M", "", "running mean"),
    "V": Glyph("V", "", "running variance"),
}
_CELL = {
    "W": Glyph("W", "", "weights"),
    "R": Glyph("R", "", "weights of the state before"),
    "c": Glyph("c", "", "biases of the state before"),
    "a": Glyph("a", "", "what the input feeds to the gates"),
    "e": Glyph("e", "", "what the state before feeds to the gates"),
}
_GRU = {
    "r": Glyph("r", "", "reset gate"),
    "z": Glyph("z", "", "update gate"),
    "n": Glyph("n", "", "candidate state"),
    "k": Glyph("k", "", "state that the reset gate lets through"),
}
_NORM_TYPES = ("layer_norm", "group_norm", "instance_norm", "rms_norm", "batch_norm", "batch_norm_training")
OF_TYPE: Mapping[str, Mapping[str, Glyph]] = {
    **dict.fromkeys(_NORM_TYPES, _NORM),
    **dict.fromkeys(("rnn_cell", "lstm_cell"), _CELL),
    "gru_cell": _CELL | _GRU,
    "highway": {
        "h": Glyph("h", "", "transformed activation"),
        "t": Glyph("t", "", "gate"),
        "zt": Glyph("z", "T", "value before the gate's function"),
    },
    "lrn": {"z": Glyph("z", "", "scale before its power is taken")},
    "average_pool": {"c": Glyph("c", "", "number of entries in a window")},
    "upsample_bilinear": {"h": Glyph("h", "", "rows interpolated, columns not yet")},
    "cosine_similarity": {
        "p": Glyph("p", "", "squared length of the first input"),
        "q": Glyph("q", "", "squared length of the second input"),
    },
    "reduce_min": {"m": Glyph("m", "", "maximum along an axis")},
    "abstract": {"t": Glyph("t", "", "activation and target paired")},
}
"""Letters that mean something of their own in the equations of a layer type or cost."""

_PARTS = {"q": "queries", "k": "keys", "v": "values", "o": "outputs", "t": "the gate"}
_GATES = {"i": "input", "f": "forget", "g": "candidate", "o": "output"}
GLYPHS: Mapping[str, Glyph] = {
    "x": Glyph("x", "", "activation"),
    "s": Glyph("s", "", "sensitivity, the derivative of the cost with respect to the activation"),
    "f": Glyph("f", "", "value of a layer's map"),
    "z": Glyph("z", "", "value before the activation function"),
    "E": Glyph("E", "", "energy on the doubled state"),
    "C": Glyph("C", "", "cost"),
    "W": Glyph("W", "", "weights"),
    "b": Glyph("b", "", "biases"),
    "y": Glyph("y", "", "target"),
    "theta": Glyph("theta", "", "parameters"),
    "lse": Glyph("ell", "", "logarithm of the sum of exponentials"),
    "cell": Glyph("c", "", "cell state"),
    "hidden": Glyph("h", "", "hidden state"),
    "m": Glyph("m", "", "maximum"),
    "q": Glyph("Q", "", "query"),
    "k": Glyph("K", "", "key"),
    "v": Glyph("V", "", "value"),
    "o": Glyph("O", "", "output of a head"),
    "a": Glyph("a", "", "attention score"),
    "p": Glyph("p", "", "attention weight"),
    "l": Glyph("ell", "", "logarithm of the sum of exponentials"),
    **{f"W{c}": Glyph("W", c.upper(), f"weights of {word}") for c, word in _PARTS.items()},
    **{f"b{c}": Glyph("b", c.upper(), f"biases of {word}") for c, word in _PARTS.items()},
    **{f"g{c}": Glyph("g", c, f"{word} gate") for c, word in _GATES.items()},
}

OF_THE_THEORY: Mapping[str, str] = {
    "v": "a vertex; as an index, what belongs to it",
    "c": "a child of a vertex",
    "u": "a parent of a vertex",
    "L": "the depth of the network",
    "T": "the number of steps to exactness",
    "F": "rate of inference",
    "D": "derivative",
    "tau": "time constant",
    "t": "time",
    "q": "copies of the state, their mean and their difference",
    "Lambda": "functional on the doubled state",
    "a": "dyadic coordinate",
    "b": "dyadic coordinate",
}
"""Letters of the statements about any network; as letters of one's own network they may mean something else."""

LETTERS = frozenset({*GLYPHS, *OF_THE_THEORY, *(letter for own in OF_TYPE.values() for letter in own)})
"""All by which a quantity goes; with a number behind it, where it is one of several."""

OF_THE_DYNAMICS = frozenset({"F", "tau", "t", "q", "Lambda", "a", "b"})
"""Those that stand nowhere but where the energy and the dynamics are derived."""


def of_the_theory(dynamics: bool) -> dict[str, str]:
    """The letters of the theory with their meanings; those of the dynamics where it is derived."""
    return {letter: meaning for letter, meaning in OF_THE_THEORY.items() if dynamics or letter not in OF_THE_DYNAMICS}
