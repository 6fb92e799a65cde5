"""Checks that need a tool which is not everywhere."""

import importlib
import os

import pytest


def require(available, what):
    """Skip where a tool is absent, with the reason; under CI=true its absence is a failure."""
    if available:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what, allow_module_level=True)


def needed(name):
    """An optional package, or `require`'s answer where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        require(False, f"{name} is not installed")
