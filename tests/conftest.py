"""Options and helpers that several test modules share."""

import gc
import os
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from zlib import crc32

import pytest
from hypothesis import settings
from support.apart import named
from support.optional import require

from dyadic.process import COLLECTIONS

gc.set_threshold(*COLLECTIONS)  # as in the program
# Where Python is told not to keep what it compiles, each of the hundreds of commands run here would compile everything.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Random cases are drawn afresh on a developer's machine; where the outcome decides on a change, they are the same ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def in_jax():
    """Calls a function of support/jax_modules.py in a process of its own: JAX starts threads, and tests fork."""
    require(find_spec("jax"), "JAX is not installed")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield lambda name, *arguments: pool.submit(named, "support.jax_modules", name, arguments).result()


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing")
    parser.addoption("--long", action="store_true", help="run the tests that take long, and only those")
    parser.addoption("--part", metavar="K/N", help="run the K-th of N parts of the tests, by their names")
    parser.addoption("--index", action="store_true", help="also run the tests that install from a package index")


MANY = 2
"""So many cases of one test are all run each time: `make test` ends within ten minutes on two slow cores."""


def leave_two_of_three(items):
    """Of a test with more cases, two of each three are left to the long tests."""
    cases = defaultdict(list)
    for item in items:
        if "long" not in item.keywords:
            cases[item.nodeid.partition("[")[0]].append(item)
    for family in cases.values():
        for k, item in enumerate(family if len(family) > MANY else ()):
            if k % 3:
                item.add_marker(pytest.mark.long)


def pytest_collection_modifyitems(config, items):
    for item in items:
        if " at 0x" in item.nodeid:  # two processes that share the tests would not know each other's
            raise pytest.UsageError(f"the name of a test must not depend on the run: {item.nodeid}")
    leave_two_of_three(items)
    part, _, parts = (config.getoption("--part") or "1/1").partition("/")
    chosen = [item for item in items if ("long" in item.keywords) == config.getoption("--long")]
    chosen = [item for item in chosen if crc32(item.nodeid.encode()) % int(parts) == int(part) - 1]
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    if not config.getoption("--index"):
        for item in items:
            if "index" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="installs from a package index (pytest --index)"))
