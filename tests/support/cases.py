"""Random cases of layer types: what their generators share."""

from hypothesis import strategies as st


def table():
    """An empty table of generators by layer type, and the decorator that puts one into it.

    A generator takes Hypothesis' draw and the type to (shapes, options, the layer in PyTorch, ...).
    """
    found = {}

    def case(*types):
        def register(function):
            found.update(dict.fromkeys(types, function))
            return function

        return register

    return found, case


def size_(draw, low=1, high=4):
    return draw(st.integers(low, high))


def sizes_(draw, count, low=1, high=4):
    return [size_(draw, low, high) for _ in range(count)]
