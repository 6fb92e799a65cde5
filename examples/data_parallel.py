"""Train the digits network data-parallel, with Dask or torch.distributed: the parameters are those of one process.

Usage: python examples/data_parallel.py OUT [--with alone|dask|torch] [--steps N] [--module NAME] [--scheduler ADDRESS]
(OUT/kernels_numpy.py comes from `dyadic build examples/digits.toml -o OUT`)

A batch is cut into SHARDS parts of one size, whoever computes them.  The gradient of a batch is the mean of its parts'
gradients, added up in the order of the parts: no reduction whose order depends on the number of workers takes place.

One machine:      python examples/data_parallel.py OUT --with dask --workers 2
                  torchrun --nproc-per-node 2 examples/data_parallel.py OUT --with torch
A cluster whose machines see OUT under one path (the emitted module is read there):
  Dask            dask scheduler; on each machine dask worker ADDRESS --nthreads 1; then --with dask --scheduler ADDRESS
                  with GPUs dask cuda worker ADDRESS (package dask-cuda), and --module kernels_cupy.py
  torch           torchrun --nnodes 4 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint HOST:29500 ... --with torch
The bits are the same where the machines' processors and libraries are.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # read when NumPy is loaded; workers share the processor's cores

import argparse  # noqa: E402
import functools  # noqa: E402
import hashlib  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from digits import BATCH, HELD_OUT, adam, load_module  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

SHARDS = 4


@functools.cache
def module(path):
    return load_module(path)


@functools.cache
def data():
    """(images, labels) in the order of examples/digits.py; the first HELD_OUT are not trained on."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.data))
    return digits.data[order] / 16.0, np.eye(10)[digits.target[order]]


def on_host(array):
    return array.get() if hasattr(array, "get") else np.asarray(array)


def shard_gradients(path, params, rows):
    """The gradients of one part of a batch: what a worker does."""
    images, labels = data()
    _, gradients = module(path).gradients(params, images[rows], labels[rows])
    return {name: on_host(gradient) for name, gradient in gradients.items()}


def mean_in_order(parts):
    """The mean of the parts' gradients, added up from the first part to the last."""
    total = {name: value.copy() for name, value in parts[0].items()}
    for part in parts[1:]:
        for name, value in part.items():
            total[name] += value
    return {name: value / len(parts) for name, value in total.items()}


def batches(steps):
    """The rows of each batch's parts."""
    random = np.random.default_rng(1)
    rows = np.array([], int)
    for _ in range(steps):
        if len(rows) < BATCH:
            rows = HELD_OUT + random.permutation(len(data()[0]) - HELD_OUT)
        yield np.split(rows[:BATCH], SHARDS)
        rows = rows[BATCH:]


def train(path, steps, gradients_of):
    """Parameters after some steps of Adam.  gradients_of: (parameters, rows of the parts) -> the parts' gradients."""
    params = {name: on_host(value) for name, value in module(path).init(seed=0).items()}
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in params.items()}
    for step, parts in enumerate(batches(steps), 1):
        adam(params, mean_in_order(gradients_of(params, parts)), moments, step)
    return params


def alone(path, steps):
    return train(path, steps, lambda params, parts: [shard_gradients(path, params, rows) for rows in parts])


def with_dask(path, steps, workers, scheduler):
    """Each part is a task; `gather` keeps their order."""
    import data_parallel  # this file, under the name by which workers know its functions
    from dask.distributed import Client, LocalCluster

    cluster = None if scheduler else LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    with Client(scheduler or cluster) as client:
        for file in (Path(__file__).parent / "digits.py", Path(__file__)):
            client.upload_file(str(file))

        def gradients_of(params, parts):
            work = data_parallel.shard_gradients
            return client.gather([client.submit(work, path, params, rows, pure=False) for rows in parts])

        params = train(path, steps, gradients_of)
    if cluster:
        cluster.close()
    return params


def with_torch(path, steps):
    """Every process computes its parts, hears the others' and adds up all of them in one order: an all-gather.

    An all-reduce would be less to send, and its order of additions is the backend's own.
    """
    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    if SHARDS % size:
        raise SystemExit(f"{size} processes cannot share {SHARDS} parts evenly")
    own = SHARDS // size

    def gradients_of(params, parts):
        mine = [shard_gradients(path, params, rows) for rows in parts[rank * own : (rank + 1) * own]]
        flat = torch.from_numpy(np.stack([np.concatenate([g.ravel() for g in one.values()]) for one in mine]))
        heard = [torch.empty_like(flat) for _ in range(size)]
        dist.all_gather(heard, flat)
        return [taken_apart(row, mine[0]) for row in torch.cat(heard).numpy()]

    params = train(path, steps, gradients_of)
    dist.destroy_process_group()
    return params if rank == 0 else None


def taken_apart(flat, like):
    """Arrays of the shapes of ``like`` from their numbers in a row."""
    ends = np.cumsum([value.size for value in like.values()])[:-1]
    return {n: part.reshape(v.shape) for (n, v), part in zip(like.items(), np.split(flat, ends), strict=True)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--with", dest="backend", choices=("alone", "dask", "torch"), default="alone")
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--module", default="kernels_numpy.py")
    parser.add_argument("--scheduler", help="of a Dask cluster that is running [workers on this machine]")
    options = parser.parse_args()
    path = str((options.out / options.module).resolve())
    if options.backend == "dask":
        params = with_dask(path, options.steps, options.workers, options.scheduler)
    else:
        params = with_torch(path, options.steps) if options.backend == "torch" else alone(path, options.steps)
    if params is None:
        return
    images, labels = data()
    final = module(path).wavefront(params, images[:HELD_OUT], labels[:HELD_OUT])
    accuracy = np.mean(on_host(final.x["logits"]).argmax(axis=1) == labels[:HELD_OUT].argmax(axis=1))
    digest = hashlib.sha256(b"".join(params[name].tobytes() for name in sorted(params))).hexdigest()
    print(f"{options.steps} steps of {BATCH} images in {SHARDS} parts; held-out accuracy {accuracy:.4f}")
    print(f"parameters sha256 {digest}")


if __name__ == "__main__":
    main()
