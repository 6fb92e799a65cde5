"""A decoder block and an LSTM by the c and numpy targets, PyTorch and JAX: CPU time of a value with all gradients.

    python benchmarks/sequences.py [--batch N ...] [--seconds S] [--against LABEL=FOLDER ...] [--write] [NETWORK ...]

The block: 16 tokens of 256, width 64, 4 heads with a causal mask, 256 units between, the output from the embedding's
table.  The LSTM: 20 steps of 32 numbers, 64 units, 10 outputs.  One thread, float32, one process; the contestants take
turns, after their gradients were compared; medians of processor time in microseconds.
"""

from __future__ import annotations

import contest

contest.one_thread()

import argparse  # noqa: E402
import json  # noqa: E402
import tempfile  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

WIDTH, TOKENS, WORDS, HEADS, STEPS, UNITS = 64, 16, 256, 4, 20, 64


def _layer(name: str, kind: str, **options: Any) -> str:
    rest = (f"{key} = {json.dumps(value)}" for key, value in options.items())
    return "\n".join(["[[layers]]", f'name = "{name}"', f'type = "{kind}"', *rest])


DECODER = "\n".join([
    f'name = "decoder"\n[inputs.tokens]\nshape = [{TOKENS}]\nbelow = {WORDS}',
    f"[parameters.words]\nshape = [{WORDS}, {WIDTH}]\n[parameters.places]\nshape = [{TOKENS}, {WIDTH}]",
    _layer("embedded", "embedding", inputs=["tokens", "words"]),
    _layer("placed", "add", inputs=["embedded", "places"]),
    _layer("norm1", "layer_norm"),
    _layer("attention", "multi_head_attention", heads=HEADS, causal=True),
    _layer("skip1", "add", inputs=["attention", "placed"]),
    _layer("norm2", "layer_norm"),
    _layer("wide", "dense", units=4 * WIDTH, activation="gelu_tanh"),
    _layer("narrow", "dense", units=WIDTH),
    _layer("skip2", "add", inputs=["narrow", "skip1"]),
    _layer("norm3", "layer_norm"),
    _layer("logits", "linear", inputs=["norm3", "words"], bias=False),
    f'[cost]\ntype = "cross_entropy"\ntarget = "index"\nweight = {1 / TOKENS}',
])  # fmt: skip
LSTM = "\n".join([
    f'name = "lstm"\n[inputs.sequence]\nshape = [{STEPS}, 32]',
    _layer("memory", "lstm", units=UNITS, output="last"),
    _layer("readout", "dense", units=10),
    '[cost]\ntype = "squared_error"',
])  # fmt: skip
NETWORKS = {"decoder": DECODER, "lstm": LSTM}


def by_torch(name: str, p: dict[str, Any], x: Any, y: Any) -> Any:
    """The loss in PyTorch's eager mode."""
    import torch
    from torch.nn import functional as f

    def norm(z: Any, k: int) -> Any:
        return f.layer_norm(z, (WIDTH,), p[f"norm{k}.scale"], p[f"norm{k}.bias"])

    def projected(z: Any, part: str) -> Any:
        found = f.linear(z, p[f"attention.{part}_weight"], p[f"attention.{part}_bias"])
        return found if part == "output" else found.unflatten(-1, (HEADS, -1)).transpose(1, 2)

    if name == "lstm":
        weights = [p[f"memory.{part}"] for part in ("weight", "recurrent", "bias", "recurrent_bias")]
        start = [part.expand(1, len(x), UNITS).contiguous() for part in p["memory.initial"].split(UNITS)]
        found = torch.lstm(x, start, weights, True, 1, 0.0, False, False, True)[0]
        return 0.5 * (f.linear(found[:, -1], p["readout.weight"], p["readout.bias"]) - y).square().sum(dim=1).mean()
    z = p["words"][x] + p["places"]
    q, k, v = (projected(norm(z, 1), part) for part in ("query", "key", "value"))
    mixed = f.scaled_dot_product_attention(q, k, v, is_causal=True)
    z = projected(mixed.transpose(1, 2).flatten(2), "output") + z
    wide = f.gelu(f.linear(norm(z, 2), p["wide.weight"], p["wide.bias"]), approximate="tanh")
    z = norm(f.linear(wide, p["narrow.weight"], p["narrow.bias"]) + z, 3)
    return f.cross_entropy((z @ p["words"].T).flatten(0, 1), y.flatten())


def by_jax(name: str, p: dict[str, Any], x: Any, y: Any) -> Any:
    """The loss in JAX."""
    import jax
    from jax import numpy as jnp

    def norm(z: Any, k: int) -> Any:
        centred = z - z.mean(axis=-1, keepdims=True)
        scaled = centred * jax.lax.rsqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        return scaled * p[f"norm{k}.scale"] + p[f"norm{k}.bias"]

    def projected(z: Any, part: str) -> Any:
        found = z @ p[f"attention.{part}_weight"].T + p[f"attention.{part}_bias"]
        return found if part == "output" else found.reshape(*z.shape[:2], HEADS, -1)

    def step(state: Any, now: Any) -> Any:
        hidden, cell = state
        z = (
            now @ p["memory.weight"].T
            + hidden @ p["memory.recurrent"].T
            + p["memory.bias"]
            + p["memory.recurrent_bias"]
        )
        i, f, g, o = jnp.split(z, 4, axis=1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(cell), cell), None

    if name == "lstm":
        start = tuple(jnp.broadcast_to(part, (len(x), UNITS)) for part in jnp.split(p["memory.initial"], 2))
        (last, _), _ = jax.lax.scan(step, start, x.swapaxes(0, 1))
        return 0.5 * ((last @ p["readout.weight"].T + p["readout.bias"] - y) ** 2).sum(axis=1).mean()
    z = p["words"][x] + p["places"]
    q, k, v = (projected(norm(z, 1), part) for part in ("query", "key", "value"))
    z = projected(jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(z.shape), "output") + z
    wide = jax.nn.gelu(norm(z, 2) @ p["wide.weight"].T + p["wide.bias"], approximate=True)
    logits = norm(wide @ p["narrow.weight"].T + p["narrow.bias"] + z, 3) @ p["words"].T
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[..., None], axis=-1).mean()


def drawn(name: str, module: Any, batch: int) -> tuple[dict[str, Any], Any, Any]:
    """Parameters, an input and a target."""
    random = np.random.default_rng(0)
    params = {n: np.asarray(v + 0.1 * random.standard_normal(v.shape), np.float32) for n, v in module.init(0).items()}
    if name == "decoder":
        return params, *(random.integers(0, WORDS, (batch, TOKENS)) for _ in range(2))
    x, y = (random.standard_normal((batch, *shape)).astype(np.float32) for shape in ((STEPS, 32), (10,)))
    return params, x, y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("network", nargs="*", default=list(NETWORKS), help=f"among {', '.join(NETWORKS)}")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32])
    options = contest.arguments(parser)
    print(contest.heading())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.network:
            spec = Path(folder) / f"{name}.toml"
            spec.write_text(NETWORKS[name], encoding="utf-8")
            modules = contest.checkouts(options.against, spec, Path(folder))
            for batch in options.batch:
                given = drawn(name, modules["numpy"], batch)
                losses = {"torch": partial(by_torch, name), "jax": partial(by_jax, name)}
                calls = contest.contestants(modules, losses, *given)
                rows.append(contest.line(f"{name:8} batch {batch:4}", calls, options.seconds))
    contest.report("sequences", rows, options.write)


if __name__ == "__main__":
    main()
