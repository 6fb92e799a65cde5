// What CUDA kernel source needs in order to be compiled, unchanged, by a host compiler; scheduler.cpp runs it.
#pragma once
#include <cmath>
#include <cstddef>

#define __global__
#define __device__
#define __forceinline__ inline
#define __align__(bytes)
#define __shared__ static __attribute__((section("emulated_shared")))

struct Triple {
    unsigned x, y, z;
};
extern Triple blockIdx, blockDim, gridDim, threadIdx;

namespace emulator {

void wait(int line);
const char* launch(const unsigned* grid, const unsigned* block, int order, void (*kernel)(), char* shared, char* end);

}  // namespace emulator

#define __syncthreads() emulator::wait(__LINE__)
