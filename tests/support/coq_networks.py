"""Small networks before Coq, and what becomes of them if one of their printed equations has a mistake."""

import re

import dyadic
from dyadic.proofs.certificate import subject
from dyadic.proofs.methods import coqc
from dyadic.proofs.methods.formal import network_theorem
from dyadic.symbolic import derive


def description(layers, shape, cost):
    """A network with one cost, or with several and weight decay."""
    costs = {"cost": {"type": cost}} if isinstance(cost, str) else {"costs": cost, "weight_decay": 0.5}
    return dyadic.architecture({"name": "net", "inputs": {"x": {"shape": shape}}, "layers": layers, **costs})


def certificate(layers, shape, cost):
    derivation = derive(description(layers, shape, cost))
    return subject(derivation, derivation.steps)


DENSE = [
    {"name": "hidden", "type": "dense", "units": 3, "activation": "tanh"},
    {"name": "out", "type": "dense", "units": 2},
]
CONVOLUTION = [
    {"name": "conv", "type": "conv", "filters": 2, "kernel": [2, 2], "activation": "tanh"},
    {"name": "pool", "type": "max_pool", "kernel": [2, 2], "padding": [1, 1, 1, 1], "stride": [2, 2]},
    {"name": "flat", "type": "flatten"},
    {"name": "out", "type": "dense", "units": 2},
]
RESIDUAL = [
    {"name": "inner", "type": "dense", "units": 3, "activation": "sigmoid"},
    {"name": "skip", "type": "add", "inputs": ["inner", "x"]},
    {"name": "norm", "type": "layer_norm"},
]
MASKED = [{"name": "attention", "type": "multi_head_attention", "heads": 1, "causal": True}]
RECURRENT = [{"name": "memory", "type": "lstm", "units": 2, "output": "last"}]
COSTS = [
    {"type": "cross_entropy", "inputs": ["out"], "weight": 2},
    {"type": "cross_entropy", "inputs": ["hidden"], "target": "index"},
]
NETWORKS = {
    "dense": (DENSE, [3], "cross_entropy"),
    "convolution": (CONVOLUTION, [1, 5, 5], "squared_error"),
    "residual": (RESIDUAL, [3], "squared_error"),
    "masked": (MASKED, [2, 2], "squared_error"),
    "several costs": (DENSE, [1], COSTS),
    "recurrent": (RECURRENT, [2, 2], "squared_error"),
}


def _wrong(body):
    """Bodies with one mistake."""
    found = [f"(Mul (Number (-1)) {body})", "(Number (0))", f"(Add (Number (1)) {body})"]
    found += [body.replace("(Index 0)", "(Constant (0))", 1), re.sub(r"Apply (\d+) 1", r"Apply \1 0", body)]
    found += [body.replace("(Index 1)", "(Index 0)", 1), _without_bracket(body)]
    return [other for other in dict.fromkeys(found) if other != body]


def _without_bracket(body):
    """The body with 1 for its first bracket."""
    start = body.find("(Bracket ")
    if start < 0:
        return body
    depth, end = 1, start + 1
    while depth:
        depth += {"(": 1, ")": -1}.get(body[end], 0)
        end += 1
    return f"{body[:start]}(Number (1)){body[end:]}"


def mutants(written):
    """(number of the layer, its text with one mistake, the equation, the wrong one) of a network written for Coq.

    The mistake is in a sensitivity, a position of a maximum, or a gradient.
    """
    for number, layer in enumerate(written.layers):
        (text,) = re.findall(rf"^Definition layer{number} : layer := (.*?\.)$", written.source, re.M | re.S)
        for group in ("positions", "backward", "gradients"):
            for _, _, equation in layer.equations[group]:
                head, _, body = equation.partition("] ")
                for other in _wrong(body):
                    assert text.count(equation) >= 1
                    wrong = f"{head}] {other}"
                    yield number, text.replace(equation, wrong), equation, wrong


_SAME = """
Definition at_entries (d : equation) (p : Z) : poly := polynomial dims (at_entry dims d p) (body d).
Definition same (d c : equation) : bool := forallb
  (fun p => vanishes (collect_monomials (at_entries d p ++ pmul [((-1)%Q, [])] (at_entries c p)) Leaf))
  (entries dims (target d)).
"""


def verdicts(folder, written, found):
    """What Coq says: of the network's own layers, and of each mutant (whether it is accepted, whether it is the same).

    Two equations are the same if their values are the same polynomials, at every entry.
    """
    head, _, _ = written.source.partition("Lemma network_accepted")
    own = [f"Eval vm_compute in layer_accepted dims layer{v}.\n" for v in range(len(written.layers))]
    asked = []
    for k, (_, text, equation, wrong) in enumerate(found):
        asked.append(f"Definition wrong{k} : layer := {text}\n")
        asked.append(f"Eval vm_compute in layer_accepted dims wrong{k}.\n")
        asked.append(f"Eval vm_compute in same ({equation}) ({wrong}).\n")
    source = head + _SAME + "".join(own + asked)
    text = coqc.compile_file(folder, "Mutants", source, 600, network_theorem.MEMORY)
    answers = [answer == "true" for answer in re.findall(r"= (true|false)", text)]
    rest = answers[len(own) :]
    return answers[: len(own)], list(zip(rest[::2], rest[1::2], strict=True))
