// Functions of numbers that kernels call and the host's headers name otherwise.
#pragma once

using std::cos;
using std::erf;
using std::exp;
using std::fabs;
using std::fma;
using std::fmax;
using std::log;
using std::log1p;
using std::pow;
using std::sin;
using std::sqrt;
using std::tanh;

static inline float rsqrt(float z) { return 1.0f / std::sqrt(z); }
static inline double rsqrt(double z) { return 1.0 / std::sqrt(z); }
