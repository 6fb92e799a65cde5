"""Proofs for all sizes as the checker sees them: found, written as JSON, read back and replayed."""

import json

from dyadic.proofs.checker.core.replay import replay
from dyadic.proofs.methods.adjoint import prove
from dyadic.symbolic.energy import LayerDerivation, cost_to_json, layer_to_json


def as_json(derived):
    """The content of a layer or a cost, as it is read from a file."""
    content = layer_to_json(derived) if isinstance(derived, LayerDerivation) else cost_to_json(derived)
    return json.loads(json.dumps(content))


def found(content):
    """The proof of a content, as it is read from a file."""
    proof = prove(content)
    assert proof.open_ == {}, proof.open_
    return json.loads(json.dumps(proof.pairs))


def replayed(derived):
    """What the replay says of the proof that is found of a layer or cost."""
    content = as_json(derived)
    return replay(content, found(content), "content")
