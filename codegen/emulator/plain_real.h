// Functions of numbers that kernels call and the host's headers name otherwise.
#pragma once

using std::acos;
using std::acosh;
using std::asin;
using std::asinh;
using std::atan;
using std::atanh;
using std::cos;
using std::cosh;
using std::erf;
using std::exp;
using std::expm1;
using std::fabs;
using std::floor;
using std::fma;
using std::fmax;
using std::fmin;
using std::log;
using std::log1p;
using std::pow;
using std::rint;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;

static inline float rsqrt(float z) { return 1.0f / std::sqrt(z); }
static inline double rsqrt(double z) { return 1.0 / std::sqrt(z); }
