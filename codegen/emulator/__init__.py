"""Running the text of CUDA kernels on the CPU, to verify them on a machine without a GPU.

    cuda_host.h       what kernel text needs in order to be compiled unchanged by a host compiler
    scheduler.cpp     threads of a block as fibers: barriers, shared memory, thread orders
    plain_real.h      functions of numbers;  tensor_cores.h    and PTX instructions for matrix products
    symbolic_real.h   ``real`` as an expression: what a kernel computes, not just its value
    host.py           compiles kernel text with one of the last two and launches it from Python

What is shown this way is the meaning of the source on the CPU, not that it ran, or is fast, on a GPU.
"""

from dyadic.codegen.emulator.host import EmulationError, Kernels, LaunchTape, find_compiler

__all__ = ["EmulationError", "Kernels", "LaunchTape", "find_compiler"]
