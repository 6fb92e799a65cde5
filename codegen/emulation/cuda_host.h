// Runs unchanged CUDA C on the CPU, one fiber per CUDA thread, one block at a time.
//
// A fiber runs until its barrier or its end; the order in which the fibers of a block are resumed, and the order of
// the blocks, is a parameter, so a kernel whose result depends on it can be found out.  Shared memory is filled with
// 0xFF (a NaN, an int -1, an unset symbol) before every block.  A barrier that some threads of the block reach at
// another line, or never, is an error: CUDA leaves its meaning open.
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <ucontext.h>

#include <memory>
#include <vector>

#include "cuda_language.h"

// All shared arrays land in one section of their own, so that they can be poisoned without knowing their names.
#define __shared__ static __attribute__((section("emulation_shared")))
static char emulation_shared_anchor __attribute__((section("emulation_shared"), used));
extern "C" __attribute__((visibility("hidden"))) char __start_emulation_shared[], __stop_emulation_shared[];

namespace emulation {

enum class State { ready, waiting, finished };

struct Fiber {
    ucontext_t entry;
    jmp_buf point;
    bool fresh;
    std::unique_ptr<char[]> stack;
    Triple index;
    State state;
    int line;
};

constexpr size_t stack_bytes = 1 << 17;

static std::vector<Fiber> fibers;
static unsigned current;
static Triple grid_extent, block_extent, block_index;
static jmp_buf scheduler;
static void (*kernel_body)(void* const*);
static void* const* kernel_arguments;
static char first_error[512];

/// Keeps the first error and where it happened; later ones are usually its consequences.
__attribute__((format(printf, 1, 2))) inline void report(const char* format, ...) {
    if (first_error[0]) return;
    va_list rest;
    va_start(rest, format);
    int used = vsnprintf(first_error, sizeof first_error, format, rest);
    va_end(rest);
    if (used < 0 || used >= (int)sizeof first_error) return;
    Triple t = current < fibers.size() ? fibers[current].index : Triple{0, 0, 0};
    snprintf(first_error + used, sizeof first_error - used, " (block %u,%u,%u thread %u,%u,%u)", block_index.x,
             block_index.y, block_index.z, t.x, t.y, t.z);
}

// A fiber is entered once by setcontext; later switches are _setjmp and _longjmp, which make no system call.
__attribute__((noinline)) inline void barrier(int line) {
    fibers[current].state = State::waiting;
    fibers[current].line = line;
    if (!_setjmp(fibers[current].point)) _longjmp(scheduler, 1);
}

inline void run_fiber() {
    kernel_body(kernel_arguments);
    fibers[current].state = State::finished;
    _longjmp(scheduler, 1);
}

__attribute__((noinline)) inline void resume(unsigned number) {
    current = number;
    if (_setjmp(scheduler)) return;
    if (fibers[number].fresh) {
        fibers[number].fresh = false;
        setcontext(&fibers[number].entry);
    }
    _longjmp(fibers[number].point, 1);
}

/// Thread and block orders: 0 forward, 1 reverse, anything else the seed of a shuffle.
class Order {
  public:
    explicit Order(unsigned order) : order_(order), state_(order * 0x9E3779B97F4A7C15ull + 1) {}

    void arrange(std::vector<unsigned>& numbers) {
        for (unsigned i = 0; i < numbers.size(); ++i) numbers[i] = order_ == 1 ? numbers.size() - 1 - i : i;
        if (order_ > 1)
            for (unsigned i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[draw() % i]);
    }

  private:
    uint64_t draw() {  // xorshift64*
        state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
        return (state_ * 0x2545F4914F6CDD1Dull) >> 33;
    }
    unsigned order_;
    uint64_t state_;
};

/// Whether the block goes on: releases a barrier that every thread waits at; reports one that they do not.
inline bool release() {
    const Fiber* waiting = nullptr;
    const Fiber* finished = nullptr;
    for (unsigned i = 0; i < fibers.size(); ++i) {
        const Fiber& fiber = fibers[i];
        if (fiber.state == State::finished) {
            finished = &fiber;
            continue;
        }
        current = i;
        if (waiting && waiting->line != fiber.line) {
            report("divergent barrier: threads wait at lines %d and %d", waiting->line, fiber.line);
            return false;
        }
        waiting = &fiber;
    }
    if (waiting && finished) {
        report("deadlock at a barrier: some threads wait at line %d, others have returned", waiting->line);
        return false;
    }
    for (Fiber& fiber : fibers) fiber.state = waiting ? State::ready : fiber.state;
    return waiting != nullptr;
}

inline void run_block(Order& order, std::vector<unsigned>& numbers) {
    memset(__start_emulation_shared, 0xFF, __stop_emulation_shared - __start_emulation_shared);
    for (unsigned i = 0; i < fibers.size(); ++i) {
        Fiber& fiber = fibers[i];
        if (!fiber.stack) fiber.stack.reset(new char[stack_bytes]);
        fiber.index = unravel(i, block_extent);
        fiber.state = State::ready;
        fiber.fresh = true;
        getcontext(&fiber.entry);
        fiber.entry.uc_stack.ss_sp = fiber.stack.get();
        fiber.entry.uc_stack.ss_size = stack_bytes;
        fiber.entry.uc_link = nullptr;
        makecontext(&fiber.entry, run_fiber, 0);
    }
    do {
        order.arrange(numbers);
        for (unsigned number : numbers) resume(number);
    } while (release());
}

/// Runs a kernel; returns null, or the first error.  geometry: grid x, y, z, block x, y, z.
inline const char* launch(const unsigned* geometry, unsigned seed, void (*body)(void* const*), void* const* arguments) {
    grid_extent = {geometry[0], geometry[1], geometry[2]};
    block_extent = {geometry[3], geometry[4], geometry[5]};
    kernel_body = body;
    kernel_arguments = arguments;
    first_error[0] = 0;
    fibers.resize(block_extent.count());
    Order order(seed);
    std::vector<unsigned> blocks(grid_extent.count()), threads(fibers.size());
    order.arrange(blocks);
    for (unsigned number : blocks) {
        block_index = unravel(number, grid_extent);
        run_block(order, threads);
        if (first_error[0]) return first_error;
    }
    return nullptr;
}

}  // namespace emulation

#define threadIdx (emulation::fibers[emulation::current].index)
#define blockIdx (emulation::block_index)
#define blockDim (emulation::block_extent)
#define gridDim (emulation::grid_extent)
#define __syncthreads() emulation::barrier(__LINE__)
