"""What is installed: one top-level package, with all its data, that lives beside others of its parts' names."""

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PARTS = ("symbolic", "proofs", "codegen", "paper", "physics")
ROOT = Path(__file__).resolve().parent.parent
BUILD = "from setuptools import build_meta; import sys; print(build_meta.build_{kind}(sys.argv[1]))"


def built(kind, folder, source):
    """Build a wheel or an sdist of a source folder with the setuptools at hand, without an index."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind=kind), str(folder)], cwd=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of what the repository holds, links and all: building writes beside the sources."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("source")
    for name in filter(None, listed.stdout.split("\0")):
        here, there = ROOT / name, folder / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_symlink():
            there.symlink_to(os.readlink(here))
        elif here.is_file():
            there.write_bytes(here.read_bytes())
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    return built("wheel", tmp_path_factory.mktemp("wheel"), source)


def test_the_wheel_holds_one_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"dyadic"}
    assert len(top) == 2
    for part in PARTS:
        assert f"dyadic/{part}/__init__.py" in names


def test_the_wheel_holds_every_module_and_every_data_file_once(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert len(set(names)) == len(names)
    parts = [("dyadic", "dyadic"), *((part, f"dyadic/{part}") for part in PARTS)]
    wanted = set()
    for folder, place in parts:
        # The links in dyadic/ lead to the others.
        for path in (ROOT / folder).glob("*" if folder == "dyadic" else "**/*"):
            inside = path.relative_to(ROOT / folder)
            # The project's own appendix is no part of the program.
            if path.is_file() and not {"__pycache__", "flagship"} & set(inside.parts):
                wanted.add(f"{place}/{inside.as_posix()}")
    assert wanted - {name for name in names if name.startswith("dyadic/")} == set()


def test_what_is_unpacked_from_the_wheel_runs(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import dyadic, dyadic.symbolic; print(dyadic.__file__); from dyadic.proofs.methods.lemma import lemma_claim"
    path = os.pathsep.join([str(tmp_path), *(entry for entry in sys.path if entry.endswith("site-packages"))])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_a_wheel_built_from_the_sdist_holds_the_same(source, wheel, tmp_path):
    archive = built("sdist", tmp_path, source)
    with tarfile.open(archive) as file:
        file.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    again = built("wheel", tmp_path, folder)
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_an_editable_install_is_found_from_a_folder_that_holds_one_called_dyadic(source, tmp_path):
    """As above a clone: to Python its folder is a namespace package, which must not win.  No part becomes a name."""
    site = tmp_path / "site"
    zipfile.ZipFile(built("editable", tmp_path, source)).extractall(site)
    (tmp_path / "dyadic").mkdir()
    code = (
        "import importlib.util, site, sys; site.addsitedir(sys.argv[1]); import dyadic, dyadic.symbolic; "
        "print(dyadic.read.__name__, dyadic.symbolic.__file__); "
        f"print([name for name in {PARTS} if importlib.util.find_spec(name)])"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry.endswith("site-packages"))
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(site)], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"read {source}/src/dyadic/symbolic/__init__.py", "[]"]


@pytest.mark.index
@pytest.mark.parametrize("order", [("ours", "symbolic"), ("symbolic", "ours")])
def test_it_lives_beside_the_package_called_symbolic(order, wheel, tmp_path):
    """PyPI's ``symbolic`` is somebody else's; installing or removing it leaves this program whole."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "v")], check=True)
    python = tmp_path / "v" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def pip(*arguments):
        done = subprocess.run([python, "-m", "pip", "--quiet", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]

    for name in order:
        pip("install", str(wheel) if name == "ours" else name)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [python, "-m", "dyadic", "verify", str(ROOT / "examples/digits.toml")]
    for remove in (False, True):
        if remove:
            pip("uninstall", "--yes", "symbolic")
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr


# -- what the tests need ------------------------------------------------------------------------------------------

# On a GPU, on a machine of one's own, and an example loaded as a module.
NOT_IN_THE_EXTRA = {"cupy", "transformers", "data_parallel"}


def _declared(project, requirements):
    for requirement in requirements:
        if extras := re.match(rf"{project['name']}\[(.+)\]", requirement):
            for extra in extras[1].split(","):
                yield from _declared(project, project["optional-dependencies"][extra])
        else:
            yield re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def _imported(tree):
    """Names of packages: imported, or asked for by `needed` and `find_spec`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("needed", "find_spec", "importorskip")):
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def test_what_the_tests_import_is_declared():
    """A package that is merely there on the machine of whoever wrote a test is absent on a clean one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tests = project["optional-dependencies"]["test"]
    declared = set(_declared(project, [*project["dependencies"], *tests])) | {"distributed"}
    ours = {path.stem for path in (ROOT / "tests").rglob("*") if path.is_dir() or path.suffix == ".py"} | {"dyadic"}
    found = {
        name.split(".")[0] for path in (ROOT / "tests").rglob("*.py") for name in _imported(ast.parse(path.read_text()))
    }
    found -= ours | sys.stdlib_module_names | NOT_IN_THE_EXTRA
    assert {"jax", "torch", "onnx", "z3"} <= found
    known = packages_distributions()
    undeclared = {
        name for name in found if not declared & {one.lower().replace("_", "-") for one in known.get(name, [name])}
    }
    assert not undeclared
