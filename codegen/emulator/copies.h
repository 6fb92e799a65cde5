// The PTX instructions that copy into shared memory on their own, on the host; host.py makes calls of them.
#pragma once
#include <cstdint>

extern "C" __attribute__((visibility("hidden"))) char __start_emulated_shared[], __stop_emulated_shared[];

static inline unsigned __cvta_generic_to_shared(const void* to) {
    return unsigned(static_cast<const char*>(to) - __start_emulated_shared);
}

namespace emulator {

// ``bytes`` of the ``size`` are copied, and zeros for the rest.
template <class Number>
static inline void copy_async(unsigned place, const Number* from, int size, int bytes) {
    const int count = size / int(sizeof(Number));
    Number values[4];
    const std::uintptr_t unit = size < 16 ? size : 16;
    if (place % unit || reinterpret_cast<std::uintptr_t>(from) % unit) fail("a copy into shared memory is not aligned");
    for (int k = 0; k < count; ++k) values[k] = k * int(sizeof(Number)) < bytes ? from[k] : Number(0);
    start_copy(__start_emulated_shared + place, reinterpret_cast<const char*>(values), size);
}
template <class Number>
static inline void cp_async_ca_shared_global(unsigned place, const Number* from, int size, int bytes) {
    copy_async(place, from, size, bytes);
}
template <class Number>
static inline void cp_async_cg_shared_global(unsigned place, const Number* from, int size, int bytes) {
    copy_async(place, from, size, bytes);
}
static inline void cp_async_commit_group() { commit_copies(); }
static inline void cp_async_wait_group(int pending) { wait_for_copies(pending); }

}  // namespace emulator
