"""Which functions read which operators of a foreign format, and what layer types they make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function")


class Registry(dict[str, Function]):
    """The function that reads each operator, by the operator's name.

    becomes: the layer types of the vertices that an operator may become; none where it adds no vertex.
    """

    def __init__(self) -> None:
        super().__init__()
        self.becomes: dict[str, tuple[str, ...]] = {}

    def register(self, *names: str, **types: str) -> Callable[[Function], Function]:
        """Decorate the function that reads these operators.

        ``Conv="conv"``: Conv becomes a vertex of that type, ``PRelu="neg relu mul sub"``: vertices of some of these
        types.  The names without a type add no vertex.
        """

        def add(function: Function) -> Function:
            self.update(dict.fromkeys((*names, *types), function))
            self.becomes |= {name: tuple(types.get(name, "").split()) for name in (*names, *types)}
            return function

        return add
