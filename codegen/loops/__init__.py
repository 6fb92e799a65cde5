"""The loop level: from prepared equations to kernels, schedules and scheduled nests, all of them data.

kernel.py         Kernel: one iteration space over named axes, accumulators, loads and stores at each point
lower.py          a routine's definitions -> kernels
spec.py           what every kernel must satisfy: each output once, every read in bounds or guarded
nest.py           Nest: a kernel with its place on the machine: loops, shared arrays, barriers
schedule.py       the schedules there are, as data, and which one a kernel gets
place.py          a kernel under a one-thread-per-element or block-reduction schedule -> nest
tiles.py          a kernel under a tiled schedule -> nest
check.py          runs a nest's addresses: written once, in bounds, no race, barriers met by all

Printers (:mod:`dyadic.codegen.c_printer`) hold spelling, nothing else.
"""
