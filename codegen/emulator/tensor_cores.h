// The PTX instructions of kernels on tensor cores, on the host; host.py turns the kernels' assembly into these calls.
// Layouts as the PTX ISA gives them for mma.m16n8k8: groupID = lane / 4, threadID_in_group = lane % 4.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>

template <class To, class From>
static inline To same_bits(From value) {
    static_assert(sizeof(To) == sizeof(From), "sizes differ");
    To result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}
static inline std::uint32_t __float_as_uint(float value) { return same_bits<std::uint32_t>(value); }
static inline float __uint_as_float(std::uint32_t bits) { return same_bits<float>(bits); }
static inline double __float_as_uint(double value) { return value; }  // a kernel's text in double: no bits are cut off
static inline double __uint_as_float(double value) { return value; }

namespace emulator {

static inline double value_of(std::uint32_t bits) { return __uint_as_float(bits); }
static inline double value_of(double value) { return value; }
static inline bool is_tf32(std::uint32_t bits) { return !(bits & 0x1fffu) || std::isnan(__uint_as_float(bits)); }
static inline bool is_tf32(double value) { return !(same_bits<std::uint64_t>(value) & 0x3ffffffffffull) || std::isnan(value); }

// To nearest, ties away from zero: 10 bits of fraction stay.
static inline void cvt_rna_tf32_f32(std::uint32_t& to, float from) {
    const std::uint32_t bits = __float_as_uint(from);
    to = std::isnan(from) ? 0x7fffffffu : std::isinf(from) ? bits : (bits + 0x1000u) & ~0x1fffu;
}
static inline void cvt_rna_tf32_f32(double& to, double from) {
    const std::uint64_t bits = same_bits<std::uint64_t>(from);
    to = std::isfinite(from) ? same_bits<double>((bits + 0x20000000000ull) & ~0x3ffffffffffull) : from;
}
static inline void mov_b64(double& to, double from) { to = from; }

// Each lane gives its fragments of A (16 x 8, a0 ... a3) and of B (8 x 8, b0, b1) and gets its four entries of A B.
static inline void fragments_product(const double (&given)[6], double (&result)[4]) {
    meet(given, 6);
    const int group = this_lane() / 4, member = this_lane() % 4;
    for (int i = 0; i < 4; ++i) {
        const int row = i < 2 ? group : group + 8, column = 2 * member + (i & 1);
        result[i] = 0;
        for (int k = 0; k < 8; ++k) {
            const int a = k < 4 ? (row < 8 ? 0 : 1) : (row < 8 ? 2 : 3);
            const int b = k < 4 ? 4 : 5;
            result[i] += held(row % 8 * 4 + k % 4, a) * held(column * 4 + k % 4, b);
        }
    }
}

template <class Sum, class Bits>
static inline void mma_sync_aligned_m16n8k8_row_col_f64_f64_f64_f64(
    Sum& d0, Sum& d1, Sum& d2, Sum& d3, Bits a0, Bits a1, Bits a2, Bits a3, Bits b0, Bits b1, Sum c0, Sum c1, Sum c2,
    Sum c3) {
    const double given[6] = {value_of(a0), value_of(a1), value_of(a2), value_of(a3), value_of(b0), value_of(b1)};
    double added[4];
    fragments_product(given, added);
    d0 = Sum(c0 + added[0]);
    d1 = Sum(c1 + added[1]);
    d2 = Sum(c2 + added[2]);
    d3 = Sum(c3 + added[3]);
}

// What the hardware does with bits beyond TF32's is not documented: operands that have such bits are refused here.
template <class Sum, class Bits>
static inline void mma_sync_aligned_m16n8k8_row_col_f32_tf32_tf32_f32(
    Sum& d0, Sum& d1, Sum& d2, Sum& d3, Bits a0, Bits a1, Bits a2, Bits a3, Bits b0, Bits b1, Sum c0, Sum c1, Sum c2,
    Sum c3) {
    for (Bits bits : {a0, a1, a2, a3, b0, b1})
        if (!is_tf32(bits)) fail("a factor of a matrix product is not rounded to TF32");
    mma_sync_aligned_m16n8k8_row_col_f64_f64_f64_f64(d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, c0, c1, c2, c3);
}

}  // namespace emulator
