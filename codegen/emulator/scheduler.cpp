// Runs CUDA kernel source (see cuda_host.h) on the CPU.  The threads of a block are fibers (ucontext) that run one after
// another until they reach a barrier or end; the order is forward, backward or shuffled, so that code which is
// right only for one order gives wrong results in another.  Shared memory is filled with 0xFF (NaN) before every
// block, so that reading what no thread wrote shows.
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "cuda_host.h"

Triple blockIdx, blockDim, gridDim, threadIdx;

namespace emulator {

struct Copy {
    char* to;
    std::vector<char> values;
    int group;
};

struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    Triple thread;
    int barrier;  // line of the barrier it waits at, 0 if it can run
    bool done;
    bool meets;         // whether it waits for the rest of its warp
    unsigned meetings;  // how often it has; what it gives is kept until the next but one
    double given[2][8];
    std::vector<Copy> copies;  // those under way
    int groups;                // how many it has closed
};

static const size_t WARP = 32;

static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static size_t current;
static void (*body)();
static char message[300];
static bool failed;

static void enter() {
    body();
    fibers[current].done = true;
    swapcontext(&fibers[current].context, &scheduler);
}

void wait(int line) {
    fibers[current].barrier = line;
    swapcontext(&fibers[current].context, &scheduler);
}

void meet(const double* given, int count) {
    Fiber& fiber = fibers[current];
    std::copy(given, given + count, fiber.given[fiber.meetings++ % 2]);
    fiber.meets = true;
    swapcontext(&fiber.context, &scheduler);
}

double held(int lane, int k) {
    return fibers[current / WARP * WARP + lane].given[(fibers[current].meetings - 1) % 2][k];
}

int this_lane() { return int(current % WARP); }

// Nobody may count on what the cells held before, nor on what they will hold: they are poisoned until it arrives.
void start_copy(char* to, const char* from, int size) {
    fibers[current].copies.push_back({to, std::vector<char>(from, from + size), fibers[current].groups});
    std::memset(to, 0xFF, size);
}

void commit_copies() { ++fibers[current].groups; }

void wait_for_copies(int pending) {
    Fiber& fiber = fibers[current];
    const auto late = std::stable_partition(fiber.copies.begin(), fiber.copies.end(),
                                            [&](const Copy& one) { return one.group < fiber.groups - pending; });
    for (auto one = fiber.copies.begin(); one != late; ++one) std::copy(one->values.begin(), one->values.end(), one->to);
    fiber.copies.erase(fiber.copies.begin(), late);
}

void fail(const char* what) {
    if (!failed) std::snprintf(message, sizeof message, "%s", what);
    failed = true;
}

// Lets the warps go on in which all have met.  False with a message if some of a warp's threads wait for ever.
static bool meetings(bool& any) {
    for (size_t first = 0; first < fibers.size(); first += WARP) {
        const size_t end = std::min(first + WARP, fibers.size());
        size_t met = 0;
        for (size_t k = first; k < end; ++k) met += fibers[k].meets;
        if (met && met < WARP) {
            std::snprintf(message, sizeof message, "%zu of 32 threads of a warp come to a matrix product", met);
            return false;
        }
        for (size_t k = first; k < end; ++k) fibers[k].meets = false;
        any = any || met;
    }
    return true;
}

static bool run_block(int order, char* shared, size_t size) {
    const size_t count = size_t(blockDim.x) * blockDim.y * blockDim.z;
    std::memset(shared, 0xFF, size);
    fibers.resize(count);
    std::vector<size_t> sequence(count);
    for (size_t k = 0; k < count; ++k) {
        Fiber& fiber = fibers[k];
        sequence[k] = order == 1 ? count - 1 - k : k;
        fiber.stack.resize(1 << 16);
        fiber.thread = {unsigned(k % blockDim.x), unsigned(k / blockDim.x % blockDim.y),
                        unsigned(k / (size_t(blockDim.x) * blockDim.y))};
        fiber.barrier = 0;
        fiber.done = fiber.meets = false;
        fiber.meetings = 0;
        fiber.copies.clear();
        fiber.groups = 0;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, enter, 0);
    }
    std::mt19937 random(order);
    for (;;) {
        if (order > 1) std::shuffle(sequence.begin(), sequence.end(), random);
        for (size_t k : sequence) {
            if (fibers[k].done || fibers[k].barrier) continue;
            current = k;
            threadIdx = fibers[k].thread;
            swapcontext(&scheduler, &fibers[k].context);
        }
        bool met = false;
        if (failed || !meetings(met)) return false;
        if (met) continue;
        // Every thread now waits or has ended: a barrier opens if all threads wait at the same one.
        int line = 0;
        size_t ended = 0;
        for (const Fiber& fiber : fibers) {
            if (fiber.done) {
                ++ended;
            } else if (line && fiber.barrier != line) {
                std::snprintf(message, sizeof message, "threads of a block wait at different barriers (lines %d and %d)",
                              line, fiber.barrier);
                return false;
            } else {
                line = fiber.barrier;
            }
        }
        if (ended == count) {
            for (const Fiber& fiber : fibers)
                if (!fiber.copies.empty()) fail("a copy into shared memory is never waited for");
            return !failed;
        }
        if (ended) {
            std::snprintf(message, sizeof message, "%zu of %zu threads never reach the barrier at line %d", ended, count,
                          line);
            return false;
        }
        for (Fiber& fiber : fibers) fiber.barrier = 0;
    }
}

const char* launch(const unsigned* grid, const unsigned* block, int order, void (*kernel)(), char* shared,
                   char* end) {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    body = kernel;
    failed = false;
    for (unsigned z = 0; z < gridDim.z; ++z)
        for (unsigned y = 0; y < gridDim.y; ++y)
            for (unsigned x = 0; x < gridDim.x; ++x) {
                blockIdx = {x, y, z};
                if (!run_block(order, shared, size_t(end - shared))) return message;
            }
    return nullptr;
}

}  // namespace emulator
