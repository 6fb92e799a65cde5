"""What tests of kernels need."""

import pytest
from support.optional import require

from dyadic.codegen.emulator import find_compiler


@pytest.fixture
def compiler():
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
