// The words of CUDA C that g++ does not know, shared by both hosts (fibers and threads).
//
// A kernel's text is compiled as it stands, behind one of the hosts; nothing in it is rewritten.
#pragma once
#include <math.h>  // not <cmath>: this one also puts the float overloads of tanh, exp, ... in the global namespace
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __ldg(pointer) (*(pointer))

using std::max;
using std::min;

inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float rsqrt(float x) { return 1.0f / sqrtf(x); }
inline float rsqrtf(float x) { return rsqrt(x); }

namespace emulation {

struct Triple {
    unsigned x, y, z;
    unsigned count() const { return x * y * z; }
};

/// The position with a flat number; x runs fastest, as in CUDA.
inline Triple unravel(unsigned flat, Triple extent) {
    return {flat % extent.x, flat / extent.x % extent.y, flat / extent.x / extent.y};
}

}  // namespace emulation
