"""Options and helpers that several test modules share."""

import os

from hypothesis import settings

# Random cases are drawn afresh on a developer's machine; where the outcome decides on a change, they are the same ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing")
