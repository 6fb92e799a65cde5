"""MathML to boxes."""

from __future__ import annotations

from xml.etree import ElementTree

from support.formula_reading import NotRead, TypeBox

MARKS = {"−": "-", "⌊": "⌊", "⌋": "⌋", "∂": "∂", "mod": "mod", **{mark: mark for mark in "+=()[]/,<>≤≥∣"}}
BIG = {"∑": "sum", "LSE": "logsumexp", "max": "max", "argmax": "argmax"}
ACCENTS = {"¯": "bar", "^": "hat"}
LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "ℓ": "ell", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip


def mathml_rows(display):
    """The equations of one display, each as boxes."""
    start = display.index("<math")
    root = ElementTree.fromstring(display[start : display.index("</math>") + len("</math>")])
    if len(root) != 1 or root[0].get("class") != "aligned":
        return [boxes(root)]
    rows = []
    for left, right in root[0]:
        if len(left):
            rows.append(boxes(left) + boxes(right))
        else:
            rows[-1] += boxes(right)
    return rows


def boxes(node):
    found = []
    for child in node:
        if child.tag == "mrow" and child.get("data-say") is None:
            found += boxes(child)
        elif child.tag != "mspace" and not (child.tag == "mo" and child.text == "{"):
            found.append(box(child))
    return found


def row(node):
    """The boxes of one argument."""
    return boxes(node) if node.tag in ("mrow", "mtd") and node.get("data-say") is None else boxes([node])


def box(node):
    text = node.text or ""
    match node.tag:
        case "mn":
            return TypeBox("number", text)
        case "mi":
            return TypeBox("letter", LETTERS.get(text, text)) if len(text) == 1 else TypeBox("word", text)
        case "mtext":
            return TypeBox("word", text)
        case "mo":
            return operator(text)
        case "mfrac":
            return TypeBox("fraction", (row(node[0]), row(node[1])))
        case "msqrt":
            return TypeBox("root", boxes(node))
        case "mrow":  # an entry that says what it is
            (inner,) = boxes(node)
            return TypeBox("group", [inner])
        case "mover":
            (inner,) = row(node[0])
            inner.accent = ACCENTS[node[1].text]
            return inner
        case "msub" | "msup" | "msubsup" | "munder":
            return scripted(node)
        case "mtable":
            return TypeBox("cases", [case(line) for line in node])
    raise NotRead(f"MathML: {node.tag}")


def operator(text):
    if text in ("\u2062", "·"):
        return TypeBox("separator", "")
    if text in BIG:
        return TypeBox("big", BIG[text])
    if set(text) == {"′"}:
        return TypeBox("prime", len(text))
    if text in MARKS:
        return TypeBox("mark", MARKS[text])
    raise NotRead(f"MathML: the operator {text!r}")


def scripted(node):
    base = row(node[0])
    found = base[0] if len(base) == 1 else TypeBox("group", base)
    scripts = [row(child) for child in node[1:]]
    if node.tag in ("msub", "msubsup", "munder"):
        found.sub = scripts.pop(0)
    if scripts:
        found.primes += sum(one.value for one in scripts[0] if one.kind == "prime")
        found.sup = [one for one in scripts[0] if one.kind != "prime"]
    return found


def case(line):
    value, condition = map(boxes, line)
    assert condition[0].value.strip() in ("if", "otherwise")
    return value, condition[1:]
