"""The house rules that a machine can check: imports run downward, files stay short, nothing evaluates its input."""

import ast
from pathlib import Path

import pytest

PACKAGES = {
    "symbolic": {"symbolic"},
    "proofs": {"symbolic", "proofs"},
    "codegen": {"symbolic", "codegen"},
    "paper": {"symbolic", "proofs", "codegen", "paper"},
    "dyadic": {"symbolic", "proofs", "codegen", "paper", "dyadic"},
}
FILES = [path for package in PACKAGES for path in sorted(Path(package).rglob("*.py"))]


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_run_downward(path):
    allowed = PACKAGES[path.parts[0]]
    used = set(imported(ast.parse(path.read_text()))) & set(PACKAGES)
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
