#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef float real;
typedef int32_t whole;
#define KERNEL static __attribute__((noinline))
// GCC 12 loses entries where a condition on integers guards loads of doubles in a vectorised loop.
#if defined(__GNUC__) && !defined(__clang__)
#define GUARDED_KERNEL static __attribute__((noinline, optimize("no-tree-loop-if-convert")))
#else
#define GUARDED_KERNEL KERNEL
#endif
#define INLINE static inline __attribute__((always_inline))
#define acos acosf
#define acosh acoshf
#define asin asinf
#define asinh asinhf
#define atan atanf
#define atanh atanhf
#define copysign copysignf
#define cos cosf
#define cosh coshf
#define erf erff
#define exp expf
#define expm1 expm1f
#define fabs fabsf
#define floor floorf
#define fma fmaf
#define fmax fmaxf
#define fmin fminf
#define log logf
#define log1p log1pf
#define pow powf
#define rint rintf
#define sin sinf
#define sinh sinhf
#define sqrt sqrtf
#define tan tanf
#define tanh tanhf
INLINE int at_least(int a, int b) { return a > b ? a : b; }
INLINE int at_most(int a, int b) { return a < b ? a : b; }
INLINE real rsqrt(real z) { return (real)1 / sqrt(z); }

// exp(r) - 1 for |r| <= log(2) / 2 by its Taylor polynomial: the rest is below 5e-10.
INLINE real small_expm1(real r)
{
    real p = (real)2.48015873015873e-05;
    p = p * r + (real)0.0001984126984126984;
    p = p * r + (real)0.001388888888888889;
    p = p * r + (real)0.008333333333333333;
    p = p * r + (real)0.041666666666666664;
    p = p * r + (real)0.16666666666666666;
    p = p * r + (real)0.5;
    p = p * r + (real)1.0;
    return p * r;
}

// 2^n for a normal result.
INLINE real power_of_two(whole n)
{
    const whole bits = (n + 127) << 23;
    real value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The whole number nearest to z / log(2), and what is left of z.
INLINE whole reduced(real z, real* rest)
{
    const real n = rint(z * (real)1.44269504088896340736);
    *rest = (z - n * (real)0.693145751953125) - n * (real)1.42860682030941723212e-6;
    return (whole)n;
}

// Within 2 units in the last place; 0 and infinity where the result leaves the range.
INLINE real fast_exp(real z)
{
    const real top = (real)89, bottom = (real)-104;
    const real held = z > top ? top : z < bottom ? bottom : z;
    real rest;
    const whole n = reduced(z == z ? held : 0, &rest);
    const whole half = n >> 1;
    const real value = ((1 + small_expm1(rest)) * power_of_two(half)) * power_of_two(n - half);
    return z == z ? value : z;
}

// u / (u + 2) with u = exp(2 |z|) - 1, which is exact to a few units in the last place at 0 too.
INLINE real fast_tanh(real z)
{
    const real twice = 2 * fabs(z), top = (real)20;
    const real held = twice < top ? twice : top;
    real rest;
    const whole n = reduced(z == z ? held : 0, &rest);
    const real power = power_of_two(n);
    const real u = power * small_expm1(rest) + (power - 1);
    const real value = copysign(u / (u + 2), z);
    return z == z ? value : z;
}
#undef exp
#undef tanh
#define exp fast_exp
#define tanh fast_tanh

// Matrix products: each operand is read with one stride along rows, columns and depth.
#ifdef __AVX512F__
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
#define LANES (BYTES / 4)
#ifdef __AVX512F__  // 32 registers instead of 16
#define TALL 8
#else
#define TALL 6
#endif
typedef real wide __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));
enum { WIDTH = 2 * LANES, DEPTH = 256, ROWS = 256, ROOM = 4 * DEPTH * WIDTH, FAR = 2048 / (BYTES / LANES) };
static real panels[ROOM] __attribute__((aligned(64)));
static real groups[ROWS * DEPTH] __attribute__((aligned(64)));

// What two vectors hold after a transposition has exchanged their blocks of d entries (the compiler reads it for d >= LANES
// too, where no loop runs).
#define FIRST(j, d) ((j) & (d) ? LANES + (j) - (d) : (j))
#define SECOND(j, d) ((j) & (d) ? LANES + (j) : ((j) + (d)) % (2 * LANES))
#define TWO(f, j, d) f(j, d), f(j + 1, d)
#define FOUR(f, j, d) TWO(f, j, d), TWO(f, j + 2, d)
#if LANES == 16
#define ALL(f, d) FOUR(f, 0, d), FOUR(f, 4, d), FOUR(f, 8, d), FOUR(f, 12, d)
#elif LANES == 8
#define ALL(f, d) FOUR(f, 0, d), FOUR(f, 4, d)
#elif LANES == 4
#define ALL(f, d) FOUR(f, 0, d)
#else
#define ALL(f, d) TWO(f, 0, d)
#endif

// LANES by LANES entries: row i of ``to`` is column i of ``from``, in log2(LANES) steps.
INLINE void transposed(const real* from, const long from_row, real* to, const long to_row)
{
#if defined(__clang__) || __GNUC__ >= 12
    wide v[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; ++i) { v[i] = *(const wide*)(from + i * from_row); }
#define STEP(d) \
    _Pragma("GCC unroll 16") \
    for (int i = 0; i + d < LANES; ++i) { \
        if (i & d) { continue; } \
        const wide one = v[i], two = v[i + d]; \
        v[i] = __builtin_shufflevector(one, two, ALL(FIRST, d)); \
        v[i + d] = __builtin_shufflevector(one, two, ALL(SECOND, d)); \
    }
    STEP(8) STEP(4) STEP(2) STEP(1)
#undef STEP
#pragma GCC unroll 16
    for (int i = 0; i < LANES; ++i) { *(wide*)(to + i * to_row) = v[i]; }
#else
    for (int i = 0; i < LANES; ++i) {
        for (int j = 0; j < LANES; ++j) { to[i * to_row + j] = from[j * from_row + i]; }
    }
#endif
}

// Entry i is the sum of the lanes of v[i], in log2(LANES) steps.
INLINE wide sums_of_lanes(wide v[LANES])
{
#if defined(__clang__) || __GNUC__ >= 12
#define STEP(d) \
    _Pragma("GCC unroll 16") \
    for (int i = 0; i < d && i + d < LANES; ++i) { \
        v[i] = __builtin_shufflevector(v[i], v[i + d], ALL(FIRST, d)) + __builtin_shufflevector(v[i], v[i + d], ALL(SECOND, d)); \
    }
    STEP(8) STEP(4) STEP(2) STEP(1)
#undef STEP
    return v[0];
#else
    wide sums;
    for (int i = 0; i < LANES; ++i) {
        for (int d = LANES / 2; d > 0; d /= 2) {
            for (int j = 0; j < d; ++j) { v[i][j] += v[i][j + d]; }
        }
        sums[i] = v[i][0];
    }
    return sums;
#endif
}

// TALL or fewer rows by WIDTH columns: out (+)= scale * left @ right, the sums held in registers.
INLINE void tile(const int rows, const long depth, const real* left, const long row, const long step,
                 const real* right, const long below, real* out, const long out_row, const real scale, const int more)
{
    wide sum[TALL][2];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) { sum[r][0] = sum[r][1] = (wide){0}; }
    for (long k = 0; k < depth; ++k) {
        const wide one = *(const wide*)(right + k * below), two = *(const wide*)(right + k * below + LANES);
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) {
            const real factor = left[r * row + k * step];
            sum[r][0] += factor * one;
            sum[r][1] += factor * two;
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v) {
            wide* to = (wide*)(out + r * out_row + v * LANES);
            *to = more ? *to + scale * sum[r][v] : scale * sum[r][v];
        }
    }
}

// next: how far apart groups of TALL rows are.
INLINE void tiles(const long rows, const long depth, const real* left, const long row, const long step, const long next,
                  const real* right, const long below, real* out, const long out_row, const real scale, const int more)
{
    long r = 0;
    for (; r + TALL <= rows; r += TALL, left += next, out += TALL * out_row) {
        tile(TALL, depth, left, row, step, right, below, out, out_row, scale, more);
    }
    switch (rows - r) {
#if TALL > 6
    case 7: tile(7, depth, left, row, step, right, below, out, out_row, scale, more); break;
    case 6: tile(6, depth, left, row, step, right, below, out, out_row, scale, more); break;
#endif
    case 5: tile(5, depth, left, row, step, right, below, out, out_row, scale, more); break;
    case 4: tile(4, depth, left, row, step, right, below, out, out_row, scale, more); break;
    case 3: tile(3, depth, left, row, step, right, below, out, out_row, scale, more); break;
    case 2: tile(2, depth, left, row, step, right, below, out, out_row, scale, more); break;
    case 1: tile(1, depth, left, row, step, right, below, out, out_row, scale, more); break;
    }
}

// Inner products of ``tall`` rows with LANES / tall columns, of which ``count`` are kept: a vector of sums for each.
INLINE void inner_tile(const int tall, const long count, const long depth, const real* left, const long row,
                       const real* right, const long column, real* out, const long out_row, const real scale, const int more)
{
    const int across = LANES / tall;
    const long whole_depth = depth - depth % LANES;
    wide sum[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; ++i) { sum[i] = (wide){0}; }
    for (long k = 0; k < whole_depth; k += LANES) {
#pragma GCC unroll 16
        for (int j = 0; j < across; ++j) {
            const wide factor = *(const wide*)(right + (j < count ? j : 0) * column + k);
#pragma GCC unroll 4
            for (int r = 0; r < tall; ++r) { sum[r * across + j] += *(const wide*)(left + r * row + k) * factor; }
        }
    }
    const wide total = sums_of_lanes(sum);
    for (int r = 0; r < tall; ++r) {
        for (int j = 0; j < across && j < count; ++j) {
            real one = total[r * across + j];
            for (long k = whole_depth; k < depth; ++k) { one += left[r * row + k] * right[j * column + k]; }
            real* to = out + r * out_row + j;
            *to = more ? *to + scale * one : scale * one;
        }
    }
}

// Few rows or columns, both factors dense along the depth.
INLINE void inner_products(const long rows, const long columns, const long depth, const real* left, const long row,
                           const real* right, const long column, real* out, const long out_row, const real scale,
                           const int more)
{
    const int tall = LANES > 4 ? LANES / 4 : 1;
    long r = 0;
    for (; tall > 1 && r + tall <= rows; r += tall) {
        for (long c = 0; c < columns; c += LANES / tall) {
            inner_tile(tall, columns - c, depth, left + r * row, row, right + c * column, column, out + r * out_row + c,
                       out_row, scale, more);
        }
    }
    for (; r < rows; ++r) {
        for (long c = 0; c < columns; c += LANES) {
            inner_tile(1, columns - c, depth, left + r * row, row, right + c * column, column, out + r * out_row + c,
                       out_row, scale, more);
        }
    }
}

// Few rows, the right factor dense along its rows: these are added up, four at once: of more, rows that lie
// 4096 bytes apart push each other out of the cache.
INLINE void rows_added(const long rows, const long columns, const long depth, const real* left, const long row,
                       const long step, const real* right, const long below, real* out, const long out_row,
                       const real scale, const int more)
{
    for (long r = 0; r < rows; ++r) {
        real* to = out + r * out_row;
        const real* a = left + r * row;
        long k = 0;
        for (; k + 4 <= depth; k += 4) {
            real f[4];
            for (int u = 0; u < 4; ++u) { f[u] = scale * a[(k + u) * step]; }
            const real* b = right + k * below;
            for (long c = 0; c < columns; ++c) {
                const real start = k || more ? to[c] : 0;
                to[c] = start + ((f[0] * b[c] + f[1] * b[c + below]) + (f[2] * b[c + 2 * below] + f[3] * b[c + 3 * below]));
            }
        }
        for (; k < depth; ++k) {
            const real f = scale * a[k * step];
            const real* b = right + k * below;
            for (long c = 0; c < columns; ++c) { to[c] = (k || more ? to[c] : 0) + f * b[c]; }
        }
    }
}

// One term: the rows of the result are multiples of one row, written one after the other.
INLINE void multiples(const long rows, const long columns, const real* left, const long row, const real* right, real* out,
                      const long out_row, const real scale, const int more)
{
    for (long r = 0; r < rows; ++r) {
        const real factor = scale * left[r * row];
        real* to = out + r * out_row;
        if (more) {
            for (long c = 0; c < columns; ++c) { to[c] += factor * right[c]; }
        } else {
            for (long c = 0; c < columns; ++c) { to[c] = factor * right[c]; }
        }
    }
}

// Rows in groups of TALL, the entries of a group side by side for each term.
INLINE void grouped(const long rows, const long depth, const real* left, const long row, const long step, real* to)
{
    for (long r = 0; r < rows; r += TALL, left += TALL * row, to += TALL * depth) {
        const long tall = rows - r < TALL ? rows - r : TALL;
        if (tall == TALL && row == 1) {
            for (long k = 0; k < depth; ++k) { memcpy(to + k * TALL, left + k * step, TALL * sizeof(real)); }
        } else {
            for (long i = 0; i < tall; ++i) {
                for (long k = 0; k < depth; ++k) { to[k * TALL + i] = left[i * row + k * step]; }
            }
        }
    }
}

// width columns of the right factor in panels of WIDTH, zeros beyond the last.
INLINE void paneled(const long width, const long depth, const real* right, const long below, const long column)
{
    const long whole_width = width - width % WIDTH, last = width % WIDTH;
    if (below == 1) {
        for (long c = 0; c < width; c += LANES) {
            real* to = panels + c / WIDTH * WIDTH * depth + c % WIDTH;
            const real* from = right + c * column;
            long i = 0;
            for (; i + LANES <= depth && c + LANES <= width; i += LANES) { transposed(from + i, column, to + i * WIDTH, WIDTH); }
            const long lanes = width - c < LANES ? width - c : LANES;
            for (; i < depth; ++i) {
                for (long j = 0; j < lanes; ++j) { to[i * WIDTH + j] = from[i + j * column]; }
            }
        }
    } else {
        for (long i = 0; i < depth; ++i) {
            const real* from = right + i * below;
            for (long c = 0; c < whole_width; c += WIDTH) {
                for (long j = 0; j < WIDTH; ++j) { panels[c * depth + i * WIDTH + j] = from[(c + j) * column]; }
            }
            for (long j = 0; j < last; ++j) { panels[whole_width * depth + i * WIDTH + j] = from[(whole_width + j) * column]; }
        }
    }
    for (long i = 0; i < depth && last; ++i) {
        for (long j = last; j < WIDTH; ++j) { panels[whole_width * depth + i * WIDTH + j] = 0; }
    }
}

// Rows by width columns of a right factor whose rows are ``below`` apart; of a panel, where width < WIDTH.
INLINE void strip(const long rows, const long width, const long depth, const real* left, const long row, const long step,
                  const long next, const real* right, const long below, real* out, const long out_row, const real scale,
                  const int more)
{
    if (width >= WIDTH) {
        if (more) { tiles(rows, depth, left, row, step, next, right, below, out, out_row, scale, 1); }
        else { tiles(rows, depth, left, row, step, next, right, below, out, out_row, scale, 0); }
        return;
    }
    for (long r = 0; r < rows; r += TALL, left += next, out += TALL * out_row) {
        real kept[TALL * WIDTH];
        const long tall = rows - r < TALL ? rows - r : TALL;
        tiles(tall, depth, left, row, step, next, right, below, kept, WIDTH, scale, 0);
        for (long i = 0; i < tall; ++i) {
            real* to = out + i * out_row;
            for (long j = 0; j < width; ++j) { to[j] = more ? to[j] + kept[i * WIDTH + j] : kept[i * WIDTH + j]; }
        }
    }
}

// At most DEPTH terms.  next: see tiles.
INLINE void block(const long rows, const long columns, const long depth, const real* left, const long row, const long step,
                  const long next, const real* right, const long below, const long column, real* out,
                  const long out_row, const real scale, const int more)
{
    const int copies = column != 1 || (rows >= 32 && below >= FAR / 4);
    const long most = copies ? ROOM / depth / WIDTH * WIDTH : WIDTH;
    const long at_once = copies && rows >= 64 ? TALL : rows;  // of many rows, as long pieces as there are
    for (long start = 0; start < columns; start += most) {
        const long stop = columns - start < most ? columns : start + most;
        const int copied = copies || stop - start < WIDTH;
        if (copied) { paneled(stop - start, depth, right + start * column, below, column); }
        for (long r = 0; r < rows; r += at_once) {
            const long tall = rows - r < at_once ? rows - r : at_once;
            const real* a = left + r / TALL * next;
            for (long c = start; c < stop; c += WIDTH) {
                const real* b = copied ? panels + (c - start) * depth : right + c;
                strip(tall, stop - c, depth, a, row, step, next, b, copied ? WIDTH : below, out + r * out_row + c, out_row, scale, more);
            }
        }
    }
}

// out[r, c] (+)= scale * sum over k of left[r * row + k * step] * right[k * below + c * column].
INLINE void product(const long rows, const long columns, const long depth, const real* left, const long row,
                    const long step, const real* right, const long below, const long column, real* out,
                    const long out_row, const real scale, const int more)
{
    if ((rows <= 8 || columns < LANES) && step == 1 && below == 1 && depth >= LANES) {
        inner_products(rows, columns, depth, left, row, right, column, out, out_row, scale, more);
        return;
    }
    if (depth == 1 && column == 1) {
        multiples(rows, columns, left, row, right, out, out_row, scale, more);
        return;
    }
    if (rows < 4 && column == 1) {
        rows_added(rows, columns, depth, left, row, step, right, below, out, out_row, scale, more);
        return;
    }
    // Rows or terms a page apart push each other out of the cache, and columns are many: the left factor is copied too.
    const int copies = (row >= FAR || step >= FAR) && rows >= 2 * TALL && columns >= 4 * WIDTH;
    const long most = copies ? ROWS : rows;
    for (long r = 0; r < rows; r += most) {
        const long tall = rows - r < most ? rows - r : most;
        for (long k = 0; k < depth; k += DEPTH) {
            const long deep = depth - k < DEPTH ? depth - k : DEPTH;
            const real* a = left + r * row + k * step;
            const real* b = right + k * below;
            real* to = out + r * out_row;
            if (copies) {
                grouped(tall, deep, a, row, step, groups);
                block(tall, columns, deep, groups, 1, TALL, TALL * deep, b, below, column, to, out_row, scale, k || more);
            } else {
                block(tall, columns, deep, a, row, step, TALL * row, b, below, column, to, out_row, scale, k || more);
            }
        }
    }
    if (depth == 0 && !more) {
        for (long r = 0; r < rows; ++r) { memset(out + r * out_row, 0, columns * sizeof(real)); }
    }
}


// Sums of what several layers hand back; not inlined, so that nothing is contracted into them.
KERNEL void add(long count, const real* one, const real* two, real* out)
{
    for (long k = 0; k < count; ++k) { out[k] = one[k] + two[k]; }
}

KERNEL void times(long count, real factor, const real* one, real* out)
{
    for (long k = 0; k < count; ++k) { out[k] = factor * one[k]; }
}

// z_v[i] = Sum[j<m] W_v[i, j] x_u[j] + b_v[i]; f_v[i] = tanh(z_v[i])  [x:h0 d0683eb127df, x:h1 7d372e535bc0, x:h2 336f17a5f8fb]
KERNEL void dense_tanh_64x64(const real* restrict W, const real* restrict b, const real* restrict x, real* restrict f, const int batch)
{
    product(batch, 64, 64, x, 64, 1, W, 1, 64, f, 64, 1.0f, 0);
    for (int sample = 0; sample < batch; ++sample) {
        for (int i = 0; i < 64; ++i) {
            const real total = f[(size_t)sample * 64 + i];
            const real z_value = total + b[i];
            const real f_value = tanh(z_value);
            f[(size_t)sample * 64 + i] = f_value;
        }
    }
}

// f_v[i] = Sum[j<m] W_v[i, j] x_u[j] + b_v[i]  [x:h3 3ec135dccc2e]
KERNEL void dense_64x64(const real* restrict W, const real* restrict b, const real* restrict x, real* restrict f, const int batch)
{
    product(batch, 64, 64, x, 64, 1, W, 1, 64, f, 64, 1.0f, 0);
    for (int sample = 0; sample < batch; ++sample) {
        for (int i = 0; i < 64; ++i) {
            const real total = f[(size_t)sample * 64 + i];
            const real f_value = total + b[i];
            f[(size_t)sample * 64 + i] = f_value;
        }
    }
}

// xbar_u[i] = x_u[i] - y[i]  [s:h3 44cc5d4c9087]
KERNEL void squared_error_64_sensitivity(const real* restrict x, const real* restrict y, real* restrict x_bar, const int batch)
{
    for (int sample = 0; sample < batch; ++sample) {
        for (int i = 0; i < 64; ++i) {
            const real x_bar_value = x[(size_t)sample * 64 + i] - y[(size_t)sample * 64 + i];
            x_bar[(size_t)sample * 64 + i] = x_bar_value;
        }
    }
}

// xbar_u[j] = Sum[i<n] W_v[i, j] s_v[i]  [s:h2 04142b7fe856]
KERNEL void dense_64x64_adjoint(const real* restrict W, const real* restrict s, real* restrict x_bar, const int batch)
{
    product(batch, 64, 64, s, 64, 1, W, 64, 1, x_bar, 64, 1.0f, 0);
}

// zbar_v[i] = s_v[i] tanh'(z_v[i])
KERNEL void dense_tanh_64x64_bars(const real* restrict f, const real* restrict s, real* restrict z_bar, const int batch)
{
    for (int sample = 0; sample < batch; ++sample) {
        for (int i = 0; i < 64; ++i) {
            const real z_bar_value = s[(size_t)sample * 64 + i] * (1.0f - f[(size_t)sample * 64 + i] * f[(size_t)sample * 64 + i]);
            z_bar[(size_t)sample * 64 + i] = z_bar_value;
        }
    }
}

// xbar_u[j] = Sum[i<n] W_v[i, j] zbar_v[i]  [s:h1 abbdd3c9312f, s:h0 3d5931827080]
KERNEL void dense_tanh_64x64_adjoint(const real* restrict W, const real* restrict z_bar, real* restrict x_bar, const int batch)
{
    product(batch, 64, 64, z_bar, 64, 1, W, 64, 1, x_bar, 64, 1.0f, 0);
}

// C = 1/2 Sum[i<n] (x_u[i] - y[i])^2  [C 3c783e769fbc]
KERNEL void squared_error_64_value(const real* restrict x, const real* restrict y, real* restrict C, const int batch)
{
    real total_lanes[32];
    for (int sample = 0; sample < batch; ++sample) {
        for (int lane = 0; lane < 32; ++lane) {
            total_lanes[lane] = 0.0f;
        }
        for (int start = 0; start < 64; start += 32) {
            for (int lane = 0; lane < 32; ++lane) {
                total_lanes[lane] += (x[(size_t)sample * 64 + lane + start] - y[(size_t)sample * 64 + lane + start]) * (x[(size_t)sample * 64 + lane + start] - y[(size_t)sample * 64 + lane + start]);
            }
        }
        for (int half = 16; half > 0; half /= 2) {
            for (int lane = 0; lane < half; ++lane) {
                total_lanes[lane] += total_lanes[half + lane];
            }
        }
        const real total = total_lanes[0];
        const real C_value = 0.5f * total;
        C[sample] = C_value;
    }
}

// Wbar_v[i, j] = zbar_v[i] x_u[j]  [g:h0.weight dae5d67bb00f, g:h1.weight de9a8a85a592, g:h2.weight c233f8ced64a]
KERNEL void dense_tanh_64x64_gradient_weight(const real* restrict x, const real* restrict z_bar, real* restrict W_bar, const int batch)
{
    product(64, 64, batch, z_bar, 1, 64, x, 64, 1, W_bar, 64, 1.0f / (real)batch, 0);
}

// bbar_v[i] = zbar_v[i]  [g:h0.bias ef96c9cd2fcc, g:h1.bias 2f9e706daa0f, g:h2.bias 18b769a2295e]
KERNEL void dense_tanh_64x64_gradient_bias(const real* restrict z_bar, real* restrict b_bar, const int batch)
{
    real total_lanes[64];
    for (int i = 0; i < 64; ++i) {
        total_lanes[i] = 0.0f;
    }
    for (int sample = 0; sample < batch; ++sample) {
        for (int i = 0; i < 64; ++i) {
            total_lanes[i] += z_bar[(size_t)sample * 64 + i];
        }
    }
    for (int i = 0; i < 64; ++i) {
        const real b_bar_value = total_lanes[i] / (real)batch;
        b_bar[i] = b_bar_value;
    }
}

// Wbar_v[i, j] = s_v[i] x_u[j]  [g:h3.weight 48a2e651b22a]
KERNEL void dense_64x64_gradient_weight(const real* restrict x, const real* restrict s, real* restrict W_bar, const int batch)
{
    product(64, 64, batch, s, 1, 64, x, 64, 1, W_bar, 64, 1.0f / (real)batch, 0);
}

// bbar_v[i] = s_v[i]  [g:h3.bias 10cb09ccd4ee]
KERNEL void dense_64x64_gradient_bias(const real* restrict s, real* restrict b_bar, const int batch)
{
    real total_lanes[64];
    for (int i = 0; i < 64; ++i) {
        total_lanes[i] = 0.0f;
    }
    for (int sample = 0; sample < batch; ++sample) {
        for (int i = 0; i < 64; ++i) {
            total_lanes[i] += s[(size_t)sample * 64 + i];
        }
    }
    for (int i = 0; i < 64; ++i) {
        const real b_bar_value = total_lanes[i] / (real)batch;
        b_bar[i] = b_bar_value;
    }
}

static void run_dense_tanh_64x64(void** array, int batch) { dense_tanh_64x64(array[0], array[1], array[2], array[3], batch); }
static void run_dense_64x64(void** array, int batch) { dense_64x64(array[0], array[1], array[2], array[3], batch); }
static void run_squared_error_64_sensitivity(void** array, int batch) { squared_error_64_sensitivity(array[0], array[1], array[2], batch); }
static void run_dense_64x64_adjoint(void** array, int batch) { dense_64x64_adjoint(array[0], array[1], array[2], batch); }
static void run_dense_tanh_64x64_bars(void** array, int batch) { dense_tanh_64x64_bars(array[0], array[1], array[2], batch); }
static void run_dense_tanh_64x64_adjoint(void** array, int batch) { dense_tanh_64x64_adjoint(array[0], array[1], array[2], batch); }
static void run_squared_error_64_value(void** array, int batch) { squared_error_64_value(array[0], array[1], array[2], batch); }
static void run_dense_tanh_64x64_gradient_weight(void** array, int batch) { dense_tanh_64x64_gradient_weight(array[0], array[1], array[2], batch); }
static void run_dense_tanh_64x64_gradient_bias(void** array, int batch) { dense_tanh_64x64_gradient_bias(array[0], array[1], batch); }
static void run_dense_64x64_gradient_weight(void** array, int batch) { dense_64x64_gradient_weight(array[0], array[1], array[2], batch); }
static void run_dense_64x64_gradient_bias(void** array, int batch) { dense_64x64_gradient_bias(array[0], array[1], batch); }

typedef struct { const char* name; int arrays; void (*run)(void**, int); } Kernel;
static const Kernel TABLE[] = {
    {"dense_tanh_64x64", 4, run_dense_tanh_64x64},
    {"dense_64x64", 4, run_dense_64x64},
    {"squared_error_64_sensitivity", 3, run_squared_error_64_sensitivity},
    {"dense_64x64_adjoint", 3, run_dense_64x64_adjoint},
    {"dense_tanh_64x64_bars", 3, run_dense_tanh_64x64_bars},
    {"dense_tanh_64x64_adjoint", 3, run_dense_tanh_64x64_adjoint},
    {"squared_error_64_value", 3, run_squared_error_64_value},
    {"dense_tanh_64x64_gradient_weight", 3, run_dense_tanh_64x64_gradient_weight},
    {"dense_tanh_64x64_gradient_bias", 2, run_dense_tanh_64x64_gradient_bias},
    {"dense_64x64_gradient_weight", 3, run_dense_64x64_gradient_weight},
    {"dense_64x64_gradient_bias", 2, run_dense_64x64_gradient_bias},
    {0, 0, 0},
};

static size_t rounded(const size_t bytes) { return (bytes + 63) / 64 * 64; }

static double mean(const size_t count, const real* values)
{
    double total = 0;
    for (size_t k = 0; k < count; ++k) { total += values[k]; }
    return total / count;
}

// The loss, and the gradients into g, on the wavefront schedule: every kernel of the plan where it is due.
static double value_and_gradients(void** p, void** x, void** y, void** g, const int batch, char* work)
{
    double loss = 0;
    // x:h0 d0683eb127df
    void* f_h0 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64(p[0], p[1], x[0], f_h0, batch);
    // x:h1 7d372e535bc0
    void* f_h1 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64(p[2], p[3], f_h0, f_h1, batch);
    // x:h2 336f17a5f8fb
    void* f_h2 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64(p[4], p[5], f_h1, f_h2, batch);
    // x:h3 3ec135dccc2e
    void* f_h3 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_64x64(p[6], p[7], f_h2, f_h3, batch);
    // s:h3 44cc5d4c9087
    void* x_bar_cost = work; work += rounded((size_t)64 * batch * sizeof(real));
    squared_error_64_sensitivity(f_h3, y[0], x_bar_cost, batch);
    void* x_bar_h3 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_64x64_adjoint(p[6], x_bar_cost, x_bar_h3, batch);
    // s:h2 04142b7fe856
    void* z_bar_h2 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64_bars(f_h2, x_bar_h3, z_bar_h2, batch);
    void* x_bar_h2 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64_adjoint(p[4], z_bar_h2, x_bar_h2, batch);
    // s:h1 abbdd3c9312f
    void* z_bar_h1 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64_bars(f_h1, x_bar_h2, z_bar_h1, batch);
    void* x_bar_h1 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64_adjoint(p[2], z_bar_h1, x_bar_h1, batch);
    // s:h0 3d5931827080
    void* z_bar_h0 = work; work += rounded((size_t)64 * batch * sizeof(real));
    dense_tanh_64x64_bars(f_h0, x_bar_h1, z_bar_h0, batch);
    // g:h0.weight dae5d67bb00f
    dense_tanh_64x64_gradient_weight(x[0], z_bar_h0, g[0], batch);
    // g:h0.bias ef96c9cd2fcc
    dense_tanh_64x64_gradient_bias(z_bar_h0, g[1], batch);
    // g:h1.weight de9a8a85a592
    dense_tanh_64x64_gradient_weight(f_h0, z_bar_h1, g[2], batch);
    // g:h1.bias 2f9e706daa0f
    dense_tanh_64x64_gradient_bias(z_bar_h1, g[3], batch);
    // g:h2.weight c233f8ced64a
    dense_tanh_64x64_gradient_weight(f_h1, z_bar_h2, g[4], batch);
    // g:h2.bias 18b769a2295e
    dense_tanh_64x64_gradient_bias(z_bar_h2, g[5], batch);
    // g:h3.weight 48a2e651b22a
    dense_64x64_gradient_weight(f_h2, x_bar_cost, g[6], batch);
    // g:h3.bias 10cb09ccd4ee
    dense_64x64_gradient_bias(x_bar_cost, g[7], batch);
    // C 3c783e769fbc
    void* C_cost = work; work += rounded((size_t)batch * sizeof(real));
    squared_error_64_value(f_h3, y[0], C_cost, batch);
    loss += mean((size_t)batch, C_cost);
    return loss;
}

// What Python calls.  Arrays are NumPy's; whatever does not fit as it is makes the answer None.
typedef struct { const char* name; int type; int axes; npy_intp shape[2]; PyObject* key; } Given;
#define REAL NPY_FLOAT32
#define ANY -1  // the batch
static Given PARAMETER_ARRAYS[] = {
    {"h0.weight", REAL, 2, {64, 64}},
    {"h0.bias", REAL, 1, {64}},
    {"h1.weight", REAL, 2, {64, 64}},
    {"h1.bias", REAL, 1, {64}},
    {"h2.weight", REAL, 2, {64, 64}},
    {"h2.bias", REAL, 1, {64}},
    {"h3.weight", REAL, 2, {64, 64}},
    {"h3.bias", REAL, 1, {64}},
    {0},
};
static Given INPUT_ARRAYS[] = {
    {"x", REAL, 2, {ANY, 64}},
    {0},
};
static Given TARGET_ARRAYS[] = {
    {"cost", REAL, 2, {ANY, 64}},
    {0},
};
static Given GRADIENT_ARRAYS[] = {
    {"h0.weight", REAL, 2, {64, 64}},
    {"h0.bias", REAL, 1, {64}},
    {"h1.weight", REAL, 2, {64, 64}},
    {"h1.bias", REAL, 1, {64}},
    {"h2.weight", REAL, 2, {64, 64}},
    {"h2.bias", REAL, 1, {64}},
    {"h3.weight", REAL, 2, {64, 64}},
    {"h3.bias", REAL, 1, {64}},
    {0},
};
enum { P = 8, X = 1, Y = 1, G = 8 };
static char* work;
static size_t work_size;

// The arrays of one argument, a dict or the one array there is, each with a reference of ours; whether all are there.
static int taken_in(PyObject* from, const Given* given, const int count, PyObject** objects)
{
    for (int k = 0; k < count; ++k) {
        objects[k] = PyDict_Check(from) ? PyDict_GetItem(from, given[k].key) : count == 1 ? from : 0;
        if (!objects[k]) { return 0; }
        Py_INCREF(objects[k]);
    }
    return 1;
}

// Whether each is an array of its type and shape, dense, aligned and, where it is written to, writable.
static int fit(PyObject** objects, const Given* given, const int count, npy_intp* batch, const int flags, void** pointers)
{
    for (int k = 0; k < count; ++k) {
        PyArrayObject* array = (PyArrayObject*)objects[k];
        if (!PyArray_Check(objects[k]) || PyArray_TYPE(array) != given[k].type || PyArray_NDIM(array) != given[k].axes
            || !PyArray_CHKFLAGS(array, flags) || !PyArray_ISNOTSWAPPED(array)) {
            return 0;
        }
        for (int a = 0; a < given[k].axes; ++a) {
            if (given[k].shape[a] == ANY && *batch == ANY) { *batch = PyArray_DIM(array, a); }
            if (PyArray_DIM(array, a) != (given[k].shape[a] == ANY ? *batch : given[k].shape[a])) { return 0; }
        }
        pointers[k] = PyArray_DATA(array);
    }
    return 1;
}

static int room(const size_t bytes)
{
    if (bytes <= work_size) { return 1; }
    char* found = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!found) { return 0; }
    free(work);
    work = found;
    work_size = bytes;
    return 1;
}

static PyObject* gradients(PyObject* self, PyObject* const* arguments, Py_ssize_t count)
{
    PyObject* objects[P + X + Y + G + 1] = {0};
    static void* pointers[P + X + Y + G + 1];
    PyObject **const x = objects + P, **const y = x + X, **const g = y + Y;
    npy_intp batch = ANY;
    PyObject *found = 0, *result = 0;
    if (count != 4) { return PyErr_Format(PyExc_TypeError, "gradients(params, x, y, out)"); }
    const int given = arguments[3] != Py_None;
    if (!PyDict_Check(arguments[0]) || !taken_in(arguments[0], PARAMETER_ARRAYS, P, objects) || !taken_in(arguments[1], INPUT_ARRAYS, X, x)
        || !taken_in(arguments[2], TARGET_ARRAYS, Y, y)) { goto none; }
    if (given && !(PyDict_Check(arguments[3]) && taken_in(arguments[3], GRADIENT_ARRAYS, G, g))) { goto none; }
    found = given ? arguments[3] : PyDict_New();
    if (!found) { goto end; }
    if (given) { Py_INCREF(found); }
    for (int k = 0; !given && k < G; ++k) {
        g[k] = PyArray_EMPTY(GRADIENT_ARRAYS[k].axes, GRADIENT_ARRAYS[k].shape, REAL, 0);
        if (!g[k] || PyDict_SetItem(found, GRADIENT_ARRAYS[k].key, g[k])) { goto end; }
    }
    // From here to the last kernel nothing of Python runs: what is checked stays as it is, and one array of pointers serves all calls.
    if (!fit(objects, PARAMETER_ARRAYS, P, &batch, NPY_ARRAY_CARRAY_RO, pointers)
        || !fit(x, INPUT_ARRAYS, X, &batch, NPY_ARRAY_CARRAY_RO, pointers + P)
        || !fit(y, TARGET_ARRAYS, Y, &batch, NPY_ARRAY_CARRAY_RO, pointers + P + X)
        || !fit(g, GRADIENT_ARRAYS, G, &batch, NPY_ARRAY_CARRAY, pointers + P + X + Y)) { goto none; }
    if (batch == ANY) { batch = 1; }
    if (batch < 1 || batch > 33554416) { goto none; }
    if (!room(2820 * (size_t)batch + 768)) { PyErr_NoMemory(); goto end; }
    const double loss = value_and_gradients(pointers, pointers + P, pointers + P + X, pointers + P + X + Y, (int)batch, work);
    result = Py_BuildValue("dO", loss, found);
    goto end;
none:
    result = Py_None;
    Py_INCREF(result);
end:
    for (int k = 0; k < P + X + Y + G; ++k) { Py_XDECREF(objects[k]); }
    Py_XDECREF(found);
    return result;
}

// run(place in TABLE, batch, array, ...): one kernel, for the functions that go through the network vertex by vertex.
static PyObject* run(PyObject* self, PyObject* const* arguments, Py_ssize_t count)
{
    Py_buffer views[4];
    void* pointers[4];
    const long place = count > 1 ? PyLong_AsLong(arguments[0]) : -1, batch = count > 1 ? PyLong_AsLong(arguments[1]) : 0;
    if (PyErr_Occurred()) { return 0; }
    if (place < 0 || place >= (long)(sizeof TABLE / sizeof *TABLE) - 1 || count - 2 != TABLE[place].arrays) {
        return PyErr_Format(PyExc_TypeError, "run(kernel, batch, array, ...)");
    }
    int have = 0;
    while (have < count - 2 && !PyObject_GetBuffer(arguments[2 + have], views + have, PyBUF_SIMPLE)) {
        pointers[have] = views[have].buf;
        ++have;
    }
    if (have == count - 2) { TABLE[place].run(pointers, (int)batch); }
    for (int k = 0; k < have; ++k) { PyBuffer_Release(views + k); }
    if (PyErr_Occurred()) { return 0; }
    Py_RETURN_NONE;
}

static int named(Given* given, const int count)
{
    for (int k = 0; k < count; ++k) {
        if (!(given[k].key = PyUnicode_InternFromString(given[k].name))) { return 0; }
    }
    return 1;
}

static PyMethodDef METHODS[] = {
    {"gradients", (PyCFunction)(void (*)(void))gradients, METH_FASTCALL, "(loss, gradients), or None"},
    {"run", (PyCFunction)(void (*)(void))run, METH_FASTCALL, "one kernel"},
    {0},
};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "kernels", 0, -1, METHODS};

PyMODINIT_FUNC PyInit_kernels(void)
{
    import_array();
    if (!named(PARAMETER_ARRAYS, P) || !named(INPUT_ARRAYS, X) || !named(TARGET_ARRAYS, Y) || !named(GRADIENT_ARRAYS, G)) { return 0; }
    return PyModule_Create(&MODULE);
}

#include <time.h>
#include <stdio.h>
static double now(void){struct timespec t; clock_gettime(CLOCK_THREAD_CPUTIME_ID,&t); return t.tv_sec*1e6+t.tv_nsec*1e-3;}
static real *mk(long n){real*q=aligned_alloc(64,(n*4+127)/64*64); for(long i=0;i<n;i++)q[i]=(real)((i*7919)%101-50)/400; return q;}
#define T(label,stmt) { double best=1e9; for(int rep=0;rep<15;rep++){ double a=now(); for(int i=0;i<3000;i++){ stmt; __asm__ volatile(""::: "memory"); } double d=(now()-a)/3000; if(d<best)best=d; } printf("%-34s %.3f us\n",label,best); }
int main(void){
 void*p[8],*g[8],*x[1],*y[1]; for(int k=0;k<8;k++){p[k]=mk(4096);g[k]=mk(4096);} x[0]=mk(64);y[0]=mk(64); char*w=aligned_alloc(64,1<<16); real *f=mk(64),*s=mk(64),*o=mk(64);
 T("all",value_and_gradients(p,x,y,g,1,w))
 
 T("fwd tanh",dense_tanh_64x64(p[0],p[1],x[0],f,1))
 T("fwd",dense_64x64(p[0],p[1],x[0],f,1))
 T("adjoint",dense_64x64_adjoint(p[0],s,o,1))
 T("bars",dense_tanh_64x64_bars(f,s,o,1))
 T("sens",squared_error_64_sensitivity(f,y[0],o,1))
 T("gw",dense_tanh_64x64_gradient_weight(f,s,g[0],1))
 T("gb",dense_tanh_64x64_gradient_bias(s,g[1],1))
 T("value",squared_error_64_value(f,y[0],o,1))
 { int k=0; T("fwd rot",dense_64x64(p[k&3],p[4],x[0],f,1);k++) }
 { int k=0; T("gw rot",dense_tanh_64x64_gradient_weight(f,s,g[k&3],1);k++) }

}
