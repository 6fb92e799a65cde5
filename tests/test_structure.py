"""The house rules that a machine can check: imports run downward, files stay short, nothing evaluates its input."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = {
    "symbolic": {"symbolic"},
    "proofs": {"symbolic", "proofs"},
    "codegen": {"symbolic", "codegen"},
    "paper": {"symbolic", "proofs", "codegen", "paper"},
    "physics": {"symbolic", "proofs", "codegen", "physics"},
    "dyadic": {"symbolic", "proofs", "codegen", "paper", "physics", "dyadic"},
}
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
        if top == "dyadic" and rest.split(".")[0] not in ("", "__version__", "scratch"):  # these import nothing
            stage = rest.split(".")[0]
            yield stage if stage in PACKAGES else "dyadic"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_run_downward(path):
    allowed = PACKAGES[path.parts[0]]
    used = set(packages(ast.parse(path.read_text())))
    assert used <= allowed, f"{path} imports {used - allowed}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_evaluates_text(path):
    names = {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}
    assert not names & {"eval", "exec", "sympify_string", "__import__", "parse_expr"}
    attributes = {n.attr for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)}
    assert not attributes & {"parse_expr", "simplify"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_stay_short(path):
    assert len(path.read_text().splitlines()) <= 400


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
