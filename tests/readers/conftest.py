"""Every operator that a test reads becomes only what its registration says, which is what docs/layers.md shows."""

import pytest

from dyadic.symbolic.readers import onnx_node, torch_call
from dyadic.symbolic.readers.positions import MAKES


@pytest.fixture(autouse=True)
def _as_registered(monkeypatch):
    for registry in (onnx_node.OPERATORS, torch_call.OPERATORS):
        for name, function in registry.items():
            monkeypatch.setitem(registry, name, checked(name, function, set(registry.becomes[name])))


def checked(name, function, allowed):
    def read(node):
        before = set(node.model.vertices)
        found = function(node)
        if getattr(node, "run", None) is not None and name in ("If", "Loop", "Scan"):
            return found  # what the nodes of the graph that it holds become is theirs
        types = {vertex.kind.type for key, vertex in node.model.vertices.items() if key not in before}
        allowed_here = allowed | set(MAKES) if any(map(node.model.is_position, node.model.shapes)) else allowed
        assert types <= allowed_here, f"{name} became {types - allowed}, which its registration does not say"
        return found

    return read
