// Runs unchanged CUDA C with one std::thread per CUDA thread, for ThreadSanitizer and AddressSanitizer.
//
// Blocks run one after another, because a block's shared arrays are plain statics here; so races between blocks are
// not seen (running the blocks in several orders, as cuda_host.h does, is the check for those).
#pragma once
#include <pthread.h>

#include <thread>
#include <vector>

#include "cuda_language.h"

#define __shared__ static

namespace emulation {

static thread_local Triple thread_index;
static Triple block_index, block_extent, grid_extent;
static pthread_barrier_t block_barrier;

template <class Body> void launch_threads(Triple grid, Triple block, Body body) {
    grid_extent = grid;
    block_extent = block;
    pthread_barrier_init(&block_barrier, nullptr, block.count());
    for (unsigned number = 0; number < grid.count(); ++number) {
        block_index = unravel(number, grid);
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < block.count(); ++i)
            threads.emplace_back([=] {
                thread_index = unravel(i, block_extent);
                body();
            });
        for (std::thread& thread : threads) thread.join();
    }
}

/// An argument from a file, in a heap block of exactly its size, so that a sanitizer sees its bounds.
inline void* load(const char* path, size_t bytes) {
    char* data = new char[bytes];
    FILE* file = fopen(path, "rb");
    if (!file || fread(data, 1, bytes, file) != bytes) _Exit(3);
    fclose(file);
    return data;
}

}  // namespace emulation

#define threadIdx (emulation::thread_index)
#define blockIdx (emulation::block_index)
#define blockDim (emulation::block_extent)
#define gridDim (emulation::grid_extent)
#define __syncthreads() pthread_barrier_wait(&emulation::block_barrier)
