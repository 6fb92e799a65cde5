// `real` as an expression: running a kernel's text records, for every output element, the formula it computes.
//
// After this header `float` and `double` mean Symbolic, so that the kernel's own `typedef double real;` makes `real`
// symbolic without a change to its text.  Literals keep their exact binary value.  A value decides nothing: there is
// no conversion to int or bool, and a comparison is an error unless both sides carry a witness (a number standing for
// each variable), in which case the witnesses decide it and the comparison is recorded as a condition.
#pragma once
#include <type_traits>
#include <vector>

#include "cuda_host.h"

namespace emulation {

enum Kind { constant, variable, add, subtract, multiply, divide, negate, multiply_add, first_function };

struct Node {
    int kind, a, b, c;  // operands are positions on the tape
    double value;       // a constant's value, or the witness of anything else (NaN: none)
};

struct Condition {
    int relation, a, b, holds;
};

static std::vector<Node> tape;
static std::vector<Condition> conditions;

inline int record(int kind, double value, int a = -1, int b = -1, int c = -1) {
    tape.push_back({kind, a, b, c, value});
    return (int)tape.size() - 1;
}

struct Symbolic {
    int id;  // -1, also what poisoned memory holds: never written
    constexpr Symbolic() : id(-1) {}
    template <class T, class = std::enable_if_t<std::is_arithmetic<T>::value>>
    Symbolic(T number) : id(record(constant, (double)number)) {}

    static Symbolic at(int position) {
        Symbolic result;
        result.id = position;
        return result;
    }
    /// The position of a value about to be used.
    int read() const {
        if (id >= 0 && id < (int)tape.size()) return id;
        report("uninitialised read");
        return record(constant, 0.0);
    }
};

#define EMULATION_BINARY(symbol, kind)                                                                  \
    inline Symbolic operator symbol(Symbolic left, Symbolic right) {                                    \
        int a = left.read(), b = right.read();                                                          \
        return Symbolic::at(record(kind, tape[a].value symbol tape[b].value, a, b));                    \
    }                                                                                                   \
    inline Symbolic& operator symbol##=(Symbolic& left, Symbolic right) { return left = left symbol right; }
EMULATION_BINARY(+, add)
EMULATION_BINARY(-, subtract)
EMULATION_BINARY(*, multiply)
EMULATION_BINARY(/, divide)

inline Symbolic operator-(Symbolic x) {
    int a = x.read();
    return Symbolic::at(record(negate, -tape[a].value, a));
}
inline Symbolic operator+(Symbolic x) { return Symbolic::at(x.read()); }

inline bool compare(int relation, Symbolic left, Symbolic right) {
    int a = left.read(), b = right.read();
    double x = tape[a].value, y = tape[b].value;
    if (x != x || y != y) report("comparison of symbolic values that have no witness");
    const bool outcomes[] = {x < y, x <= y, x > y, x >= y, x == y, x != y};
    conditions.push_back({relation, a, b, outcomes[relation]});
    return outcomes[relation];
}
inline bool operator<(Symbolic a, Symbolic b) { return compare(0, a, b); }
inline bool operator<=(Symbolic a, Symbolic b) { return compare(1, a, b); }
inline bool operator>(Symbolic a, Symbolic b) { return compare(2, a, b); }
inline bool operator>=(Symbolic a, Symbolic b) { return compare(3, a, b); }
inline bool operator==(Symbolic a, Symbolic b) { return compare(4, a, b); }
inline bool operator!=(Symbolic a, Symbolic b) { return compare(5, a, b); }

// Named functions are opaque: equal only to themselves at equal arguments.  The order here numbers them.
#define EMULATION_UNARY_FUNCTIONS(use) \
    use(tanh) use(exp) use(log) use(erf) use(sqrt) use(fabs) use(log1p) use(expm1) use(rsqrt) use(sin) use(cos)
#define EMULATION_BINARY_FUNCTIONS(use) use(fmax) use(fmin) use(pow)

#define EMULATION_NUMBER(name) function_##name,
enum Function { function_start = first_function - 1,
                EMULATION_UNARY_FUNCTIONS(EMULATION_NUMBER) EMULATION_BINARY_FUNCTIONS(EMULATION_NUMBER) };
#define EMULATION_NAME(name) #name ","
static const char function_names[] =
    EMULATION_UNARY_FUNCTIONS(EMULATION_NAME) EMULATION_BINARY_FUNCTIONS(EMULATION_NAME);

#define EMULATION_UNARY_CALL(name)                                                \
    inline Symbolic name(Symbolic x) {                                            \
        int a = x.read();                                                         \
        return Symbolic::at(record(function_##name, ::name(tape[a].value), a));   \
    }                                                                             \
    inline Symbolic name##f(Symbolic x) { return name(x); }
EMULATION_UNARY_FUNCTIONS(EMULATION_UNARY_CALL)
#define EMULATION_BINARY_CALL(name)                                                                     \
    inline Symbolic name(Symbolic x, Symbolic y) {                                                      \
        int a = x.read(), b = y.read();                                                                 \
        return Symbolic::at(record(function_##name, ::name(tape[a].value, tape[b].value), a, b));       \
    }
EMULATION_BINARY_FUNCTIONS(EMULATION_BINARY_CALL)

inline Symbolic fma(Symbolic x, Symbolic y, Symbolic z) {
    int a = x.read(), b = y.read(), c = z.read();
    return Symbolic::at(record(multiply_add, ::fma(tape[a].value, tape[b].value, tape[c].value), a, b, c));
}
inline Symbolic fmaf(Symbolic x, Symbolic y, Symbolic z) { return fma(x, y, z); }
inline Symbolic fmaxf(Symbolic x, Symbolic y) { return fmax(x, y); }
inline Symbolic fminf(Symbolic x, Symbolic y) { return fmin(x, y); }
inline Symbolic powf(Symbolic x, Symbolic y) { return pow(x, y); }
inline Symbolic max(Symbolic x, Symbolic y) { return fmax(x, y); }
inline Symbolic min(Symbolic x, Symbolic y) { return fmin(x, y); }
inline Symbolic abs(Symbolic x) { return fabs(x); }

}  // namespace emulation

#define EMULATION_EXPORT extern "C" __attribute__((visibility("default")))
EMULATION_EXPORT void emulation_begin(const double* witnesses, int count) {
    emulation::tape.clear();
    emulation::conditions.clear();
    for (int i = 0; i < count; ++i) emulation::record(emulation::variable, witnesses[i]);
}
EMULATION_EXPORT int emulation_tape_size() { return (int)emulation::tape.size(); }
EMULATION_EXPORT const void* emulation_tape() { return emulation::tape.data(); }
EMULATION_EXPORT int emulation_condition_count() { return (int)emulation::conditions.size(); }
EMULATION_EXPORT const void* emulation_conditions() { return emulation::conditions.data(); }
EMULATION_EXPORT const char* emulation_functions() { return emulation::function_names; }

// Last, because no header may follow: the kernel's own real type is now an expression.
#define double emulation::Symbolic
#define float emulation::Symbolic
