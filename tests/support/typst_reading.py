"""Typst's mathematics to boxes."""

from __future__ import annotations

import json
import re

from support.formula_reading import NotRead, TypeBox

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[a-zA-Z]+(?:\.[a-zA-Z]+)*|\d+(?:\.\d+)?|<=|>=|\s+|.', re.S)
FUNCTIONS = {"exp", "log", "tanh", "sinh", "cosh", "sin", "cos", "tan"}
GREEK = {
    "epsilon": "varepsilon", "sigma.alt": "varsigma", "theta.alt": "vartheta", "phi": "varphi",
    **{name: name for name in (
        "alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho",
        "sigma", "tau", "upsilon", "chi", "psi", "omega", "ell", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma",
        "Phi", "Psi", "Omega",
    )},
}  # fmt: skip
MARKS = {
    "<=": "≤", ">=": "≥", "divides": "∣", "mod": "mod", "partial": "∂", "\\/": "/", **{m: m for m in "+-=()[],<>"}
}  # fmt: skip
ACCENTS = {"macron": "bar", "overline": "bar", "hat": "hat"}


def typst_rows(display):
    """The equations of one display, each as boxes."""
    text = display[display.index("$\n") + 1 : display.rindex("$")]
    text = re.sub(r'\\\s+&\s*quad\s*""', " ", text)
    # What stands in quotes is a name, whatever it holds.
    pieces = re.split(r'("(?:[^"\\]|\\.)*")', text)
    rows = "".join(piece if k % 2 else re.sub(r"\\\s", "\0", piece).replace("&", "") for k, piece in enumerate(pieces))
    return [TypstBoxes(row).boxes() for row in rows.split("\0") if row.strip()]


class TypstBoxes:
    def __init__(self, text):
        self.tokens, self.at = TOKEN.findall(text), 0

    def peek(self):
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def follows(self, character):
        """Whether this stands right behind, without a blank: what makes a call and a prime."""
        return self.at < len(self.tokens) and self.tokens[self.at] == character

    def boxes(self, *closing):
        found, depth = [], 0
        while (token := self.peek()) and (depth or token not in closing):
            depth += (token == "(") - (token == ")")
            self.take()
            if token in ("^", "_"):
                assert self.take() == "("
                script = self.boxes(")")
                self.take()
                if self.follows("'"):
                    raise NotRead("a prime in a script")
                if token == "_":
                    found[-1].sub = script
                elif found[-1].sup:
                    raise NotRead("a superscript of a superscript")
                else:
                    found[-1].sup = script
            elif token == "'":
                found[-1].primes += 1
            elif token != "quad":
                found.append(self.box(token))
        return found

    def arguments(self):
        """What stands in the brackets of a call, at its commas."""
        assert self.take() == "("
        found = [self.boxes(",", ")")]
        while self.take() == ",":
            found.append(self.boxes(",", ")"))
        return found

    def box(self, token):
        if token[0] == '"':
            return TypeBox("word", json.loads(token))
        if token[0].isdigit():
            return TypeBox("number", token)
        if token in ("thin", "dot.c"):
            return TypeBox("separator", "")
        if token in (r"\(", r"\)"):
            return TypeBox("mark", token[1:])
        if token in MARKS:
            return TypeBox("mark", MARKS[token])
        if token in ("sum", "max"):
            return TypeBox("big", token)
        if token in GREEK:
            return TypeBox("letter", GREEK[token])
        if self.follows("(") and len(token) > 1:
            return self.call(token)
        if token in FUNCTIONS:
            return TypeBox("word", token)
        if len(token) == 1 and token.isalpha():
            return TypeBox("letter", token)
        raise NotRead(f"Typst: {token!r}")

    def call(self, name):
        if name in FUNCTIONS:
            return TypeBox("word", name)
        if name == "op":
            return self.operator()
        if name == "lr":
            return self.sized()
        arguments = self.arguments()
        if name == "frac":
            return TypeBox("fraction", tuple(arguments))
        if name == "sqrt":
            return TypeBox("root", arguments[0])
        if name == "floor":
            return TypeBox("group", [TypeBox("mark", "⌊"), *arguments[0], TypeBox("mark", "⌋")])
        if name == "class":
            return TypeBox("group", arguments[1])
        if name == "italic":
            return arguments[0][0]
        if name in ACCENTS:
            (inner,) = arguments[0]
            inner.accent = ACCENTS[name]
            return inner
        if name == "cases":
            return TypeBox("cases", [case(row) for row in arguments])
        raise NotRead(f"Typst: a call of {name}")

    def sized(self):
        """A bracket with a size of its own."""
        assert self.take() == "("
        while (token := self.take())[0] != "\\":
            pass
        assert self.take() == ")"
        return TypeBox("mark", MARKS[token[1:]])

    def operator(self):
        assert self.take() == "("
        word = json.loads(self.take())
        while self.take() != ")":
            pass
        return (
            TypeBox("big", {"LSE": "logsumexp"}.get(word, word)) if word in ("LSE", "argmax") else TypeBox("word", word)
        )


def case(row):
    place = next(k for k, box in enumerate(row) if box.kind == "word" and box.value in ("if", "otherwise"))
    return row[:place], row[place + 1 :]
