"""The loop level: from prepared equations to kernels, schedules and scheduled nests, all of them data.

kernel.py         Kernel: one iteration space over named axes, accumulators, loads and stores at each point
lower.py          a routine's definitions -> kernels
wellformed.py     what every kernel must satisfy: each output once, every read in bounds or guarded
nest.py           Nest: a kernel with its place on the machine: loops, shared arrays, barriers
schedule.py       the schedules there are, as data, and which one a kernel gets
place.py          a kernel under a one-thread-per-element or block-reduction schedule -> nest
tiles.py          a kernel under a tiled schedule -> nest; warp_tiles.py: on tensor cores
tensor_cores.py   a warp's matrix product: who holds which entry, and what a format keeps of a number
chain.py          kernels that are two products with a function between them; streams.py: their nests, tile by tile
sequential.py     a kernel as one thread runs it; pieces.py: cut where its brackets change
product.py        contractions that are matrix products in memory, for one thread; gathered.py: after copies
build.py          a kernel -> its nest
nest_machine.py   runs a nest: written once, in bounds, no race, barriers met by all, values as in the kernel
memory.py         the arrays of such a run, and what each access of theirs must not do

Printers (:mod:`dyadic.codegen.c_printer`) hold spelling, nothing else.
"""
