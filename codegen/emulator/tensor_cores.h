// The PTX instructions of kernels on tensor cores, on the host; host.py turns the kernels' assembly into these calls.
// Layouts as the PTX ISA gives them for mma.m16n8k8: groupID = lane / 4, threadID_in_group = lane % 4.  Those of m16n8k16
// with 16 bits a number are the same, with two neighbouring terms in every place.
#pragma once
#include <algorithm>
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

// -- factors of 16 bits, two in a register, the first in its lower half

struct Format {
    int fraction, least;  // bits behind the leading one; exponent of the smallest number that has one
    double largest;
};
static const Format f16{10, -14, 65504.0}, bf16{7, -126, 0x1.fep127};

struct Pair {  // in a kernel's text in double
    double low, high;
};

// The nearest number, of two the one whose last bit is 0 (nearbyint in the usual mode); infinity beyond the largest.
static inline double nearest_even(double value, const Format& to) {
    if (!std::isfinite(value) || value == 0) return value;
    const double unit = std::ldexp(1.0, std::max(std::ilogb(value), to.least) - to.fraction);
    const double result = std::nearbyint(value / unit) * unit;
    return std::fabs(result) > to.largest ? std::copysign(INFINITY, value) : result;
}
static inline std::uint32_t encoded(double value, const Format& as) {
    if (std::isnan(value)) return 0x7fff;
    const std::uint32_t sign = std::signbit(value) ? 0x8000 : 0, infinity = 0x8000 - (1u << as.fraction);
    if (std::isinf(value)) return sign | infinity;
    const int exponent = value == 0 ? as.least : std::max(std::ilogb(value), as.least);
    const auto steps = std::uint32_t(std::fabs(value) / std::ldexp(1.0, exponent - as.fraction));
    return sign | ((std::uint32_t(exponent - as.least) << as.fraction) + steps);
}
static inline double decoded(std::uint32_t bits, const Format& as) {
    const std::uint32_t one = 1u << as.fraction, field = (bits & 0x7fff) / one, rest = bits % one;
    const double sign = bits & 0x8000 ? -1.0 : 1.0;
    if (field == 0x7fff / one) return rest ? double(NAN) : sign * double(INFINITY);
    const std::uint32_t steps = field ? one + rest : rest;
    return sign * std::ldexp(double(steps), int(field ? field - 1 : 0) + as.least - as.fraction);
}

static inline double half_of(std::uint32_t bits, int k, const Format& as) { return decoded(bits >> 16 * k & 0xffff, as); }
static inline double half_of(const Pair& pair, int k, const Format& as) {
    const double value = k ? pair.high : pair.low;
    if (nearest_even(value, as) != value && !std::isnan(value)) fail("a factor of a matrix product is not rounded");
    return value;
}
static inline double half_of(const Pair& pair, int k) { return k ? pair.high : pair.low; }

static inline void round_pair(std::uint32_t& to, double high, double low, const Format& as) {
    to = encoded(nearest_even(high, as), as) << 16 | encoded(nearest_even(low, as), as);
}
static inline void round_pair(Pair& to, double high, double low, const Format& as) {
    to = {nearest_even(low, as), nearest_even(high, as)};
}
template <class Bits>
static inline void cvt_rn_f16x2_f32(Bits& to, double high, double low) {
    round_pair(to, high, low, f16);
}
template <class Bits>
static inline void cvt_rn_bf16x2_f32(Bits& to, double high, double low) {
    round_pair(to, high, low, bf16);
}
static inline void mov_pair(Pair& to, double high, double low) { to = {low, high}; }

// Two products of 8 terms each: the halves of all registers.
template <class Sum, class Bits, class... As>
static inline void paired_product(Sum* const (&d)[4], const Bits (&given)[6], const Sum (&c)[4], const As&... as) {
    double added[4] = {0, 0, 0, 0}, half[4];
    for (int k = 0; k < 2; ++k) {
        double numbers[6];
        for (int i = 0; i < 6; ++i) numbers[i] = half_of(given[i], k, as...);
        fragments_product(numbers, half);
        for (int i = 0; i < 4; ++i) added[i] += half[i];
    }
    for (int i = 0; i < 4; ++i) *d[i] = Sum(c[i] + added[i]);
}
#define PAIRED_PRODUCT(name, ...)                                                                                     \
    template <class Sum, class Bits>                                                                                  \
    static inline void mma_sync_aligned_m16n8k16_row_col_##name(                                                      \
        Sum& d0, Sum& d1, Sum& d2, Sum& d3, Bits a0, Bits a1, Bits a2, Bits a3, Bits b0, Bits b1, Sum c0, Sum c1,     \
        Sum c2, Sum c3) {                                                                                             \
        paired_product({&d0, &d1, &d2, &d3}, {a0, a1, a2, a3, b0, b1}, {c0, c1, c2, c3} __VA_ARGS__);                 \
    }
PAIRED_PRODUCT(f32_f16_f16_f32, , f16)
PAIRED_PRODUCT(f32_bf16_bf16_f32, , bf16)
PAIRED_PRODUCT(f64_f64_f64_f64, )

}  // namespace emulator
