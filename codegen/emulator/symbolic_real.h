// ``real`` as an expression: arithmetic records itself on a tape, and a value is a position on it.  Running a kernel
// then yields, for every output element, the expression that it computes.  Comparing numbers is not possible, so
// the functions that the kernels define (relu, sigmoid, ...) are opaque here, as all functions are.
#pragma once
#include <vector>

namespace symbolic {

struct Node {
    int operation;  // see OPERATIONS in host.py
    int a, b, c;
    double value;
};

static std::vector<Node> tape;
static bool uninitialised, compared;

static int record(int operation, int a = 0, int b = 0, double value = 0) {
    // A position that is not on the tape (poison, a guard zone) was never written; numbers have no operands.
    if (operation > 1)
        for (int argument : {a, b})
            if (argument < 0 || argument >= int(tape.size())) uninitialised = true;
    tape.push_back({operation, a, b, 0, value});
    return int(tape.size()) - 1;
}

struct Real {
    int id;
    Real() = default;
    Real(int value) : Real(double(value)) {}
    Real(double value) : id(record(1, 0, 0, value)) {}
    static Real at(int id) {
        Real result;
        result.id = id;
        return result;
    }
};

#define SYMBOLIC_BINARY(op, code) \
    static inline Real operator op(Real a, Real b) { return Real::at(record(code, a.id, b.id)); }
SYMBOLIC_BINARY(+, 2)
SYMBOLIC_BINARY(-, 3)
SYMBOLIC_BINARY(*, 4)
SYMBOLIC_BINARY(/, 5)
static inline Real operator-(Real a) { return Real(0.0) - a; }
static inline Real& operator+=(Real& a, Real b) { return a = a + b; }
static inline Real fma(Real a, Real b, Real c) { return a * b + c; }
static inline Real larger(Real a, Real b) { return Real::at(record(6, a.id, b.id)); }
static inline int above(Real, Real) { return compared = true; }
static inline bool operator==(Real, Real) { return compared = true; }

#define SYMBOLIC_FUNCTION(name, code) \
    static inline Real name(Real a) { return Real::at(record(code, a.id)); }
// SCALAR FUNCTIONS (put in by host.py)

}  // namespace symbolic

using symbolic::Real;
typedef Real real;

extern "C" void symbolic_reset(int variables) {
    symbolic::tape.clear();
    symbolic::uninitialised = symbolic::compared = false;
    for (int k = 0; k < variables; ++k) symbolic::tape.push_back({0, k, 0, 0, 0});
}
extern "C" int symbolic_size() { return int(symbolic::tape.size()); }
extern "C" const symbolic::Node* symbolic_tape() { return symbolic::tape.data(); }
extern "C" int symbolic_compared() { return symbolic::compared; }
extern "C" int symbolic_uninitialised() { return symbolic::uninitialised; }
