"""What the options of the command line choose from, written out so that nothing heavy is imported for it.

The tables themselves are where they are used; a test compares them with these.
"""

COST_TYPES = ("squared_error", "cross_entropy", "bernoulli", "huber", "hinge", "abstract")
TARGETS = ("cupy", "numpy", "c", "onnx")
RUNNING = ("numpy", "c", "cupy")
SCHEDULES = ("synchronous", "wavefront", "asynchronous", "blocks")
SOLVERS = ("euler", "RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA")
DTYPES = ("float32", "float64")
SECTIONS = ("result", "setting", "energy", "dynamics", "equations", "proof", "verification", "algorithms", "hashes")
FIGURES = ("wavefront", "architecture", "deviation", "heatmap")
