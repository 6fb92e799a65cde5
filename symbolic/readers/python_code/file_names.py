"""What the names at the head of a file stand for: libraries, functions, classes and numbers.

A file is not executed, so its names mean what they mean only if nothing in it gives them another meaning.  What could
(``exec``, ``globals``, an assignment to a library's attribute, a name bound twice) is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dyadic.symbolic.readers.python_code.source_text import SourceText, nodes_within

LIBRARIES = ("numpy", "torch", "jax", "math", "scipy", "autograd", "cupy")
"""Packages whose functions are known by name; none is imported."""
_MEDDLING = {
    "exec", "eval", "compile", "globals", "locals", "vars", "setattr", "delattr", "importlib", "ctypes", "marshal",
}  # fmt: skip
_NEW_ARRAYS = ("array", "asarray", "zeros", "ones", "full", "empty", "copy", "eye", "arange")
_VIEWS = ("ravel", "flatten", "reshape", "view", "transpose")
_OF_NUMBERS = ("float", "int", "abs", "max", "min", "pow", "len", "round", "bool")
_MODULES = frozenset({
    "numpy", "lax", "nn", "functional", "linalg", "random", "special", "autograd", "fft", "ma", "scipy", "Tensor",
})  # fmt: skip
"""Last parts of the names of modules and classes within libraries."""
_PLAIN_DUNDERS = ("__name__", "__file__", "__doc__", "__all__", "__version__", "__author__", "__init__")
_OF_ATTRIBUTES = ("__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__new__", "__init_subclass__")
"""Methods that decide what the attributes of a class or of its objects are."""
_CHANGES = "an assignment here could change what a library does"


@dataclass(frozen=True)
class LibraryName:
    """A library or what stands in it, by its full name: ``numpy.sum``."""

    name: str


class FileNames:
    """functions, classes: by name.  convention: the pairs of ``defvjp`` calls, by the function's name."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.functions: dict[str, ast.FunctionDef] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.known: dict[str, LibraryName] = {}
        self.constants: dict[str, ast.expr] = {}
        self.declared_vjps: dict[str, tuple[str, str]] = {}
        self._bound: dict[str, ast.AST] = {}
        nodes = list(ast.walk(source.tree))
        self._classes = {id(item): node for node in nodes if isinstance(node, ast.ClassDef) for item in node.body}
        self._methods = {one.name for one in nodes if isinstance(one, ast.FunctionDef)}
        self._methods |= {
            one.attr for one in nodes if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
        }
        self._twice: dict[str, ast.AST] = {}
        for statement in source.tree.body:
            self._statement(statement)
        self._nothing_meddles()
        self._nothing_is_patched()

    @property
    def libraries(self) -> set[str]:
        """Those that the file imports, or something of them."""
        return {known.name.partition(".")[0] for known in self.known.values()}

    def binds(self, name: str) -> bool:
        """Whether the file gives a name a meaning of its own, wherever and however it binds it."""
        return name in self._bound

    def is_method(self, name: str) -> bool:
        """Whether a function of the file, or an attribute that it sets, has a name: a method that may do anything."""
        return name in self._methods

    def class_of(self, function: ast.FunctionDef) -> ast.ClassDef | None:
        """The class in whose body a function is defined, which is executed with names of its own."""
        return self._classes.get(id(function))

    def lineage(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """A class of the file, and those of the file from which it inherits."""
        found = [node]
        for one in found:
            bases = [self.classes.get(base.id) for base in one.bases if isinstance(base, ast.Name)]
            found += [base for base in bases if base is not None and base not in found]
        return found

    def check_class(self, node: ast.ClassDef) -> None:
        """Refuse a class of which attributes may be other things than its body says."""
        for one in self.lineage(node):
            self.once(one.name, one)
            if one.decorator_list or one.keywords:
                place = one.decorator_list[0] if one.decorator_list else one
                raise self.source.at(place, "a decorator or metaclass may make another class of it", "leave it out")
            called = [base for base in one.bases if isinstance(base, ast.Call)]
            special = [item for name, items in bound_in(one).items() if name in _OF_ATTRIBUTES for item in items]
            if called or special:
                raise self.source.at((called or special)[0], "what attributes are may depend on this", "leave it out")

    def unchanged(self, name: str) -> bool:
        """Whether nothing can change what a constant holds: a dictionary is only ever looked into, no array is made."""
        if isinstance(self.constants[name], ast.Dict):
            looked_into = {
                id(node.value)
                for node in ast.walk(self.source.tree)
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
            }
            return all(
                isinstance(node.ctx, ast.Store) or id(node) in looked_into
                for node in ast.walk(self.source.tree)
                if isinstance(node, ast.Name) and node.id == name
            )
        return not any(
            isinstance(node, ast.Dict | ast.List | ast.Lambda) or _makes_array(node, self.known)
            for node in ast.walk(self.constants[name])
        )

    def used(
        self, nodes: Iterable[ast.AST], tables: Sequence[Mapping[str, ast.AST]],
        within: Callable[[ast.AST], Iterable[ast.AST]] = ast.walk,
    ) -> Iterator[ast.AST]:  # fmt: skip
        """All that stands in parts of the file, and in what these name of some tables, such as its functions.

        within: an element and those in it that are looked at.
        """
        stack, seen = list(nodes), set[str]()
        while stack:
            for node in within(stack.pop()):
                yield node
                if isinstance(node, ast.Name) and node.id not in seen:
                    seen.add(node.id)
                    stack += [table[node.id] for table in tables if node.id in table]

    def once(self, name: str, node: ast.AST) -> None:
        """Refuse a name that the file binds twice: which of its meanings holds depends on what is executed."""
        if name in self._twice:
            remedy = "give each thing a name of its own"
            raise self.source.at(
                node, f"{name} is bound twice in this file, also in line {_line(self._twice[name])}", remedy
            )

    def _bind(self, name: str, node: ast.AST) -> None:
        if name in self._bound:
            self._twice[name] = node
        self._bound.setdefault(name, node)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import():
                for alias in statement.names:
                    self._imported(alias.asname or alias.name.partition(".")[0], alias, statement)
            case ast.ImportFrom():
                for alias in statement.names:
                    self._imported_from(alias, statement)
            case ast.FunctionDef():
                self.functions[statement.name] = statement
                self._other(statement)
            case ast.ClassDef():
                self.classes[statement.name] = statement
                self._other(statement)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.constants[name] = value
                self._other(statement)
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Tuple(elts=values)) if len(parts) == len(values):
                for part, value in zip(parts, values, strict=True):
                    if isinstance(part, ast.Name):
                        self.constants[part.id] = value
                self._other(statement)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self.constants[name] = value
                self._other(statement)
            case _:
                self._other(statement)

    def _imported(self, name: str, alias: ast.alias, statement: ast.stmt) -> None:
        self._bind(name, statement)
        root = alias.name.partition(".")[0]
        if root in LIBRARIES:
            self.known[name] = LibraryName(alias.name if alias.asname else root)

    def _imported_from(self, alias: ast.alias, statement: ast.ImportFrom) -> None:
        if alias.name == "*":
            raise self.source.at(statement, "imports names that are not told", "name what is imported")
        name, module = alias.asname or alias.name, statement.module or ""
        self._bind(name, statement)
        if module.partition(".")[0] in LIBRARIES and not statement.level:
            self.known[name] = LibraryName(f"{module}.{alias.name}")

    def _other(self, statement: ast.stmt) -> None:
        """A statement that is not looked at further, unless it could change what a name means."""
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="defvjp"), args=args)):
                pair = [argument.id for argument in args if isinstance(argument, ast.Name)]
                if len(pair) != 2 or len(args) != 2:
                    raise self.source.at(statement, "defvjp takes two functions by name", "write F.defvjp(fwd, bwd)")
                if name in self.declared_vjps:
                    raise self.source.at(statement, f"{name} has two pairs", "drop one")
                self.declared_vjps[name] = (pair[0], pair[1])
                return
        for node in nodes_within([statement]):
            for name in bound_by(node):
                self._bind(name, node)
        self._harmless(statement)

    def _harmless(self, statement: ast.stmt) -> None:
        """Refuse what could give a name another meaning when the file is executed."""
        for node in nodes_within([statement]):
            stored = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
            if stored or (isinstance(node, ast.Starred) and isinstance(node.ctx, ast.Store)):
                raise self.source.at(node, _CHANGES, "leave it out")

    def _nothing_meddles(self) -> None:
        """The same for what stands in functions too, which may be called when the file is executed."""
        modules = {name for name, node in self._bound.items() if isinstance(node, ast.Import | ast.ImportFrom)}
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                self._no_word(node, node.id if isinstance(node, ast.Name) else "", getattr(node, "attr", ""))
            if isinstance(node, ast.Global):
                for name in node.names:
                    self._bind(name, node)
                    self._twice[name] = node
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                root = _root_of(_viewed(node))
                if not isinstance(root, ast.Name) or root.id in modules:
                    raise self.source.at(node, _CHANGES, "leave it out")

    def _nothing_is_patched(self) -> None:
        """Refuse what could set an attribute of a library or of a class of the file under another name.

        Attributes are set of what a method of a class has as its first argument, or a function as its ``ctx``; and
        that is never a library or a class, since neither stands as a value anywhere.
        """
        own = {id(node) for node in ast.walk(self.source.tree) for node in _set_by_methods(node)}
        told = {id(part) for node in ast.walk(self.source.tree) for part in _never_values(node, self._bound)}
        modules = {name for name, node in self._bound.items() if isinstance(node, ast.Import)}
        modules |= {root.id for root in map(_root_of, _attributes(self.source.tree)) if isinstance(root, ast.Name)}
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and id(node) not in own:
                raise self.source.at(node, "an attribute of this could be one of a library or a class", "leave it out")
            if id(node) in told or not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            root = _root_of(node)
            name = root.id if isinstance(root, ast.Name) else ""
            is_module = name in modules if isinstance(node, ast.Name) else node.attr in _MODULES
            library = name in self.known and is_module
            if library or (node is root and name in self.classes):
                what = "a library" if library else "a class"
                raise self.source.at(node, f"{what} as a value could be changed under another name", "leave it out")

    def _no_word(self, node: ast.expr, name: str, attribute: str) -> None:
        word = name or attribute
        dunder = word.startswith("__") and word.endswith("__") and word not in _PLAIN_DUNDERS
        if name in _MEDDLING or dunder:
            raise self.source.at(node, f"{word} could change what the names of this file mean", "leave it out")


def _makes_array(node: ast.AST, known: dict[str, LibraryName]) -> bool:
    """Whether a call may make an array into which one can write, which numbers and functions of them cannot be."""
    if not isinstance(node, ast.Call):
        return False
    last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    root: ast.expr = node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    library = known.get(root.id) if isinstance(root, ast.Name) else None
    safe = library is not None and library.name.partition(".")[0] in ("numpy", "math", "jax")
    return last in _NEW_ARRAYS or not (safe or last in _OF_NUMBERS)


def bound_in(node: ast.ClassDef) -> dict[str, list[ast.stmt]]:
    """The statements in the body of a class that bind each of its names."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            continue
        for name in (name for part in nodes_within([statement]) for name in bound_by(part)):
            found.setdefault(name, []).append(statement)
    return found


def bound_by(node: ast.AST) -> list[str]:
    """The names that an element of a statement binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.alias(name=name, asname=other):
            return [other or name.partition(".")[0]]
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            return [name]
        case ast.MatchMapping(rest=str() as name):
            return [name]
    return []


def _viewed(node: ast.Attribute | ast.Subscript) -> ast.expr:
    """The array that ``x.ravel()[key]`` is a view of, or a copy; anything else as it is."""
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Attribute(value=array, attr=name))) if name in _VIEWS:
            return array
    return node


def _root_of(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _attributes(tree: ast.AST) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def _set_by_methods(node: ast.AST) -> Iterator[ast.AST]:
    """The attributes that a function sets of its own object: of a method's first argument, or of ``ctx``."""
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                yield from _set_of(method, [argument.arg for argument in method.args.args[:1]])
    elif isinstance(node, ast.FunctionDef):
        yield from _set_of(node, [argument.arg for argument in node.args.args if argument.arg == "ctx"])


def _set_of(function: ast.FunctionDef, names: list[str]) -> Iterator[ast.AST]:
    for node in nodes_within(function.body):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            yield node


def _never_values(node: ast.AST, bound: Mapping[str, ast.AST]) -> Iterator[ast.AST]:
    """The parts of an element that are looked into, called or asked for, and not handed on.

    bound: the names to which the file gives a meaning of its own.
    """
    match node:
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            yield value
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "super" as name), args=args) if name not in bound:
            yield from (part for argument in args for part in ast.walk(argument))
            yield node.func
        case ast.Call(func=func):
            yield func
        case ast.ClassDef(bases=bases):
            yield from bases
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            yield from ast.walk(annotation)
        case ast.FunctionDef(returns=ast.expr() as returns):
            yield from ast.walk(returns)


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))
