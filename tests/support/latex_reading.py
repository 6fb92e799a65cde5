"""LaTeX to boxes: as much of amsmath as the appendix uses, and the few macros of its style file."""

from __future__ import annotations

import re

from support.formula_reading import NotRead, TypeBox

TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|\s+|\d+(?:\.\d+)?|.", re.S)
FUNCTIONS = {"exp", "log", "tanh", "sinh", "cosh", "sin", "cos", "tan"}
GREEK = {
    "alpha", "beta", "gamma", "delta", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "varsigma", "tau", "upsilon", "varphi", "chi", "psi", "omega", "ell", "Gamma", "Delta",
    "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
}  # fmt: skip
MARKS = {
    r"\le": "≤", r"\ge": "≥", r"\mid": "∣", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\bmod": "mod", r"\partial": "∂",
    **{mark: mark for mark in "+-=()[]/,<>"},
}  # fmt: skip
BIG = {r"\sum": "sum", r"\max": "max"}
NAMED = {
    r"\textbackslash": "\\", r"\textasciicircum": "^", r"\textasciitilde": "~", r"\textless": "<", r"\textgreater": ">",
    r"\textbar": "|",
}  # fmt: skip
ACCENTS = {r"\bar": "bar", r"\overline": "bar", r"\hat": "hat", r"\widehat": "hat"}


def argument(text, start):
    """The braced argument that begins at ``start``, and where it ends."""
    assert text[start] == "{", text[start : start + 20]
    depth, at = 0, start
    while True:
        if text[at] == "\\":
            at += 2
            continue
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
        if depth == 0:
            return text[start + 1 : at - 1], at


def expanded(text, narrow):
    """The style file's macros as they are in a narrow column, or in a wide one."""
    while (start := text.find(r"\dyadicifnarrow")) >= 0:
        first, middle = argument(text, start + len(r"\dyadicifnarrow"))
        second, end = argument(text, middle)
        text = text[:start] + (first if narrow else second) + text[end:]
    left, equal = ("&", "=") if narrow else ("", "&=")
    for macro, meaning in ((r"\dyadicleft", left), (r"\dyadicequal", equal), (r"\dyadicrow", r"\\&\quad")):
        text = text.replace(macro, meaning)
    return text


def latex_rows(display, narrow=False):
    """The equations of one display, each as boxes."""
    text = expanded(display, narrow)
    text = re.sub(r"\\tag\*\{.*$", "", text, flags=re.M)
    text = re.sub(r"\\(begin|end)\{(align\*|equation\*|equation|aligned)\}", "", text)
    text = re.sub(r"\\\\\s*&\s*\\quad\b", " ", text)
    rows, depth, last = [], 0, 0
    for found in re.finditer(r"\\begin\{cases\}|\\end\{cases\}|\\\\", text):
        depth += found[0].startswith(r"\begin") - found[0].startswith(r"\end")
        if found[0] == r"\\" and depth == 0:
            rows.append(text[last : found.start()])
            last = found.end()
    rows.append(text[last:])
    return [LatexBoxes(re.sub(r"(?<!\\)&", "", row)).boxes() for row in rows if row.strip()]


class LatexBoxes:
    def __init__(self, text):
        self.tokens, self.at = TOKEN.findall(text), 0

    def peek(self):
        self.skip()
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def skip(self):
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1

    def take(self, blanks=False):
        """The next token; blanks: which may be a blank, as in a name."""
        if not blanks:
            self.skip()
        self.at += 1
        return self.tokens[self.at - 1]

    def boxes(self, *closing):
        found = []
        while self.peek() and self.peek() not in closing:
            token = self.take()
            if token in ("^", "_"):
                script = self.group()
                if token == "_":
                    found[-1].sub = script
                else:
                    found[-1].sup = script
            elif token == "'":
                found[-1].primes += 1
            elif token not in (r"\left", r"\right", r"\biggl", r"\biggr", r"\quad"):
                found.append(self.box(token))
        return found

    def group(self):
        assert self.take() == "{"
        found = self.boxes("}")
        self.take()
        return found

    def words(self):
        """The text of a braced argument, with what is escaped in it."""
        assert self.take() == "{"
        found, depth = "", 1
        while depth:
            token = self.take(blanks=True)
            if token == r"\allowbreak":
                assert self.take(blanks=True).isspace()
                continue
            if token in NAMED:
                found += NAMED[token]
                assert self.take() + self.take() == "{}"
                continue
            depth += (token == "{") - (token == "}")
            found += token[1:] if token[0] == "\\" and not token[1].isalpha() else token if depth else ""
        return found

    def box(self, token):
        if token == "{":
            inner = self.boxes("}")
            self.take()
            return TypeBox("group", inner)
        if token in (r"\frac", r"\tfrac"):
            return TypeBox("fraction", (self.group(), self.group()))
        if token == r"\sqrt":
            return TypeBox("root", self.group())
        if token in ACCENTS:
            inner = self.group()[0]
            inner.accent = ACCENTS[token]
            return inner
        if token in BIG:
            return TypeBox("big", BIG[token])
        if token == r"\operatorname*":
            return TypeBox("big", {"LSE": "logsumexp", "argmax": "argmax"}[self.words()])
        if token in (r"\text", r"\operatorname", r"\mathit"):
            return TypeBox("word", self.words())
        if token == r"\begin":
            assert self.words() == "cases"
            return self.cases()
        if token in (r"\,", r"\cdot"):
            return TypeBox("separator", "")
        if token in MARKS:
            return TypeBox("mark", MARKS[token])
        return self.symbol(token)

    def symbol(self, token):
        if token[0].isdigit():
            return TypeBox("number", token)
        if token[1:] in FUNCTIONS:
            return TypeBox("word", token[1:])
        if token[1:] in GREEK:
            return TypeBox("letter", token[1:])
        if (len(token) == 1 and token.isalpha()) or token == "#":
            return TypeBox("letter", token)
        raise NotRead(f"LaTeX: {token!r}")

    def cases(self):
        rows = []
        while self.peek() != r"\end":
            row = self.boxes(r"\\", r"\end")
            place = next(k for k, box in enumerate(row) if box.kind == "word" and str(box.value).strip() in WORDS)
            rows.append((row[:place], row[place + 1 :]))
            if self.peek() == r"\\":
                self.take()
        self.take()
        assert self.words() == "cases"
        return TypeBox("cases", rows)


WORDS = ("if", "otherwise")
