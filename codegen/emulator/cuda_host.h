// What CUDA kernel source needs in order to be compiled, unchanged, by a host compiler; scheduler.cpp runs it.
#pragma once
#include <cmath>
#include <cstddef>

#define __CUDA_ARCH__ 800
#define __global__
#define __device__
#define __forceinline__ inline
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __shared__ static __attribute__((section("emulated_shared")))

struct Triple {
    unsigned x, y, z;
};
extern Triple blockIdx, blockDim, gridDim, threadIdx;

namespace emulator {

void wait(int line);
void meet(const double* given, int count);  // all threads of a warp: each gives numbers, which held() then shows to all
double held(int lane, int k);
int this_lane();
void start_copy(char* to, const char* from, int size);  // arrives when the thread waits for its group, not before
void commit_copies();
void wait_for_copies(int pending);
void fail(const char* what);  // the launch ends with this message
const char* launch(const unsigned* grid, const unsigned* block, int order, void (*kernel)(), char* shared, char* end);

}  // namespace emulator

#define __syncthreads() emulator::wait(__LINE__)
