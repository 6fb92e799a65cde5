"""Forged certificates by name: vertices whose names show nothing, or cannot be told from others."""

from __future__ import annotations

import json

from campaigns.forged import FORGERIES, edit

_BEFORE = set(FORGERIES)


def renamed(name, old, new):
    """Every mention of a vertex or input of the plain network, under another name."""

    @edit(f"looks: {name}")
    def _(c):
        content = {key: c[key] for key in ("architecture", "terms", "shared", "ranks", "equations")}
        c |= _called(json.loads(json.dumps(content)), old, new)
        for claim in c["claims"]:
            if claim["kind"] in ("identity", "tightness", "nonreciprocity") and claim["witness"]:
                claim["witness"] = _called(claim["witness"], old, new)


def _called(node, old, new):
    if isinstance(node, str):
        head, colon, rest = node.rpartition(":")
        base, dot, parameter = rest.partition(".")
        if base == old:
            return f"{head}{colon}{new}{dot}{parameter}"
        return node.replace(f"_{old}[", f"_{new}[")
    if isinstance(node, list):
        return [_called(child, old, new) for child in node]
    return {_called(k, old, new): _called(v, old, new) for k, v in node.items()} if isinstance(node, dict) else node


renamed("a zero-width joiner in a name", "h1", "h\u200d1")
renamed("a filler for a name", "h1", "\u3164")
renamed("the empty braille cell", "join", "\u2800")
renamed("a variation selector behind a letter", "h2", "h\ufe0f2")
renamed("a grapheme joiner", "out", "ou\u034ft")
renamed("a mark without a letter", "h1", "\u0301h1")
renamed("a space at the end", "h1", "h1 ")
renamed("two names, one with a full-width letter", "h2", "\uff481")
renamed("two names, one in Cyrillic", "h2", "\u04bb1")
renamed("a Cyrillic letter in a Latin word", "join", "j\u043ein")
renamed("a Greek letter in a Latin word", "out", "\u03bfut")


@edit("looks: an architecture called nothing")
def _(c):
    c["architecture"]["name"] = "\u3164"


NAMES = sorted(set(FORGERIES) - _BEFORE)
"""Those made here."""
