"""The house rules that a machine can check: imports run downward, files stay short, nothing evaluates its input."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from pkgutil import resolve_name

import pytest

from dyadic.paper.typst_math import TypstPrinter
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import Printer, TextPrinter

PACKAGES = {
    "symbolic": {"symbolic"},
    "proofs": {"symbolic", "proofs"},
    "codegen": {"symbolic", "codegen"},
    "paper": {"symbolic", "proofs", "codegen", "paper"},
    "physics": {"symbolic", "proofs", "codegen", "physics"},
    "dyadic": {"symbolic", "proofs", "codegen", "paper", "physics", "dyadic"},
}
TESTS = sorted(Path("tests").rglob("*.py"))
FILES = [path for package in PACKAGES for path in sorted(Path(package).rglob("*.py"))]  # rglob follows no links


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(tree):
    """The stages that a file imports; `dyadic` for the front door itself."""
    for name in imported(tree):
        top, _, rest = name.partition(".")
        assert top not in set(PACKAGES) - {"dyadic"}, f"{name}: only the package dyadic exists"
        if top == "dyadic" and rest.split(".")[0] not in ("", "version", "scratch"):  # these import nothing
            stage = rest.split(".")[0]
            yield stage if stage in PACKAGES else "dyadic"


@cache
def tree_of(path):
    return ast.parse(path.read_text())


def test_imports_run_downward():
    used = {path: set(packages(tree_of(path))) - PACKAGES[path.parts[0]] for path in FILES}
    assert {path: upward for path, upward in used.items() if upward} == {}


def test_nothing_evaluates_text():
    nodes = [(path, node) for path in FILES for node in ast.walk(tree_of(path))]
    names = [(path, n.id) for path, n in nodes if isinstance(n, ast.Name)]
    attributes = [(path, n.attr) for path, n in nodes if isinstance(n, ast.Attribute)]
    assert [one for one in names if one[1] in {"eval", "exec", "sympify_string", "__import__", "parse_expr"}] == []
    assert [one for one in attributes if one[1] in {"parse_expr", "simplify"}] == []


def test_files_stay_short():
    lengths = {path: len(path.read_text().splitlines()) for path in [*FILES, *TESTS]}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_one_package():
    """The design card's folders are parts of `dyadic`, and nothing is there under a second name."""
    for stage in set(PACKAGES) - {"dyadic"}:
        assert (Path("dyadic") / stage).resolve() == Path(stage).resolve()
        done = subprocess.run([sys.executable, "-c", f"import {stage}"], capture_output=True, text=True, check=False)
        assert f"import dyadic.{stage}, not {stage}" in done.stderr


def test_no_module_name_twice():
    """A name says where a thing lives: no two modules or packages share one."""
    places: dict[str, list[str]] = {}
    for path in FILES:
        package = path.name in ("__init__.py", "__main__.py")
        if path.name != "__main__.py":
            places.setdefault(path.parent.name if package else path.stem, []).append(str(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_two_test_files_are_one_module():
    """Pytest imports a test file that lies in no package by its name alone."""
    places: dict[str, list[str]] = {}
    for path in TESTS:
        if path.name.startswith("test_") and not (path.parent / "__init__.py").exists():
            places.setdefault(path.name, []).append(str(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_class_name_twice():
    """A name says what a thing is: no two classes share one, wherever they are (the tests' own among them)."""
    places: dict[str, list[str]] = {}
    for path in [*FILES, *TESTS, *sorted(Path("benchmarks").rglob("*.py"))]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path))
    assert places
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def module_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    parts = parts if parts[0] == "dyadic" else ("dyadic", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_run_in_no_circle():
    """Nor do those that are made within functions, or for types alone."""
    trees = {module_of(path): tree_of(path) for path in FILES}
    graph: dict[str, set[str]] = {name: set() for name in trees}
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in trees:
                taken = (f"{node.module}.{alias.name}" for alias in node.names)
                graph[name] |= {one if one in trees else node.module for one in taken} - {name}
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & trees.keys()
    TopologicalSorter(graph).prepare()


TEXTS = [path for pattern in ("*.md", "docs/**/*.md") for path in sorted(Path().glob(pattern))]
STAGES = r"(?:symbolic|proofs|codegen|paper|dyadic|tests|docs|benchmarks|examples|physics)"


def test_files_that_are_named_exist():
    """A text or a docstring that says where something is says so truly; NAME and * stand for names."""
    missing = []
    for path in [*TEXTS, *FILES]:
        for named in re.findall(rf"(?<![\w/.-])({STAGES}(?:/[\w.*-]+)+)", path.read_text()):
            target = named.rstrip(".").split("/NAME")[0]
            linked = target.startswith(("dyadic/symbolic", "dyadic/proofs", "dyadic/codegen", "dyadic/paper"))
            if "/" in target and not linked and not list(Path().glob(target)):
                missing.append((path, target))
    assert missing == []


def test_names_that_docstrings_refer_to_exist():
    for path in FILES:
        for named in re.findall(r":(?:mod|func|class|data|meth):`(dyadic\.[\w.]+)`", path.read_text()):
            assert resolve_name(named) is not None, f"{path}: {named}"


def test_one_place_decides_signs():
    """Text, LaTeX, Typst, C and NumPy: the order of terms, their signs and fraction lines are those of printing.py."""
    asking = [path for path in FILES if "could_extract_minus_sign" in path.read_text()]
    assert sorted(asking) == [
        Path("paper/layout.py"),
        Path("symbolic/printing.py"),
    ]  # the first asks whether to break a row
    decisions = ("_visit", "_sum", "terms", "_product", "factors", "factor_key", "equation", "__call__")
    for printer in (TextPrinter, LatexPrinter, TypstPrinter):
        assert all(getattr(printer, name) is getattr(Printer, name) for name in decisions)


def test_no_package_exports_the_name_of_a_module_of_its_own():
    """A function and a module of one name: which of them a reader gets would depend on what was imported before."""
    shadowed = []
    for path in FILES:
        if path.name != "__init__.py":
            continue
        modules = {other.stem for other in path.parent.iterdir()}
        for node in tree_of(path).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                shadowed += [f"{path}: {name}" for name in set(ast.literal_eval(node.value)) & modules]
    assert shadowed == []


@pytest.mark.long
def test_any_module_can_be_the_first_that_is_imported():
    """No module of a lazy package rests on what another one has imported before it."""
    modules = [path for path in FILES if path.parts[:-1] in (("symbolic",), ("symbolic", "readers"), ("proofs",))]
    names = ["dyadic." + ".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in modules]
    done = subprocess.run([sys.executable, "-c", _IMPORT_EACH, *names], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


_IMPORT_EACH = """
import importlib, os, sys
import numpy, sympy, jinja2, flint
failed = 0
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except ImportError as error:
            if (error.name or "").split(".")[0] in ("", "dyadic"):  # others are optional
                print(f"{name}: {error}", flush=True)
                os._exit(1)
        os._exit(0)
    failed |= os.waitpid(child, 0)[1]
sys.exit(bool(failed))
"""
