"""A stand-in for CuPy on NumPy arrays, so that an emitted module's own host code runs on the CPU.

Kernels go through the emulation with its strict argument checks: what runs is the whole emitted module, launch grids
and argument lists included.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.codegen.emulator.host import Kernels


class DeviceArray(np.ndarray[Any, Any]):
    """An array that shows its address as CuPy's do."""

    @property
    def data(self) -> Any:
        return types.SimpleNamespace(ptr=self.ctypes.data)


def stand_in(order: int = 0) -> Any:
    """A module object that has what emitted modules use of CuPy; ``order``: order of the threads of a block."""

    class RawModule:
        def __init__(self, code: str, options: Sequence[str] = ()) -> None:
            if options != ("--std=c++17",):
                raise ValueError(f"options {options} are not those of the emulation")
            self.kernels = Kernels(code)

        def get_function(self, name: str) -> Callable[..., None]:
            return lambda grid, block, arguments: self.kernels.launch(name, grid, block, arguments, order)

    def empty(shape: Sequence[int], dtype: Any) -> Any:
        # What a kernel fails to write must show.
        return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else -(2**31), dtype).view(DeviceArray)

    return types.SimpleNamespace(
        RawModule=RawModule,
        cuda=types.SimpleNamespace(
            is_available=lambda: True, Device=lambda: types.SimpleNamespace(compute_capability="80")
        ),
        empty=empty,
        zeros=np.zeros,
        ndarray=DeviceArray,
        add=np.add,
        multiply=np.multiply,
        from_dlpack=lambda value: np.from_dlpack(value).view(DeviceArray),
        asarray=lambda value, *given, **named: np.asarray(value, *given, **named).view(DeviceArray),
        asnumpy=np.asarray,
        ascontiguousarray=np.ascontiguousarray,
    )


def loaded(text: str, order: int = 0) -> types.ModuleType:
    """An emitted module, of whichever target, with the stand-in for CuPy."""
    before = sys.modules.get("cupy")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "emitted.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("dyadic_emitted", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        sys.modules["dyadic_emitted"] = module  # dataclasses look their module up
        sys.modules["cupy"] = stand_in(order)
        try:
            spec.loader.exec_module(module)
        finally:
            del sys.modules["cupy"], sys.modules["dyadic_emitted"]
            if before is not None:
                sys.modules["cupy"] = before
    return module
