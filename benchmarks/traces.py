"""The proofs for all sizes of every layer type and cost of the catalogue: how long they are, to find and to replay.

    python benchmarks/traces.py

Prints a Markdown table: steps (applications of rules), size of the trace as JSON, and the CPU time of finding it and of
replaying it from JSON, in milliseconds, each the median of several runs in this process.  A proof is found when the
checker's core has replayed it, so that finding is a search and a replay.  The last line names the types, if any, that
cost more to replay than to find.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from dyadic.catalogue import example_network
from dyadic.proofs.checker.core.replay import replay
from dyadic.proofs.methods.adjoint import prove
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.energy import cost_to_json, derive_cost, layer_to_json
from dyadic.symbolic.layers import LAYERS

RUNS = 9


def contents() -> Iterator[tuple[str, Any]]:
    """Every layer type's example and every cost, for symbolic sizes, as JSON."""
    for name in LAYERS:
        yield name, layer_to_json(example_network(name, numeric=False).layers["layer"])
    for name, cost in COSTS.items():
        settings = tuple((key, option.default) for key, option in cost.options.items())
        yield f"cost {name}", cost_to_json(derive_cost(name, 1, settings))


def milliseconds(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the median CPU time that it took."""
    times, found = [], None
    gc.collect()
    for _ in range(RUNS):
        start = time.process_time()
        found = work()
        times.append(time.process_time() - start)
    return found, 1000 * median(times)


def main() -> None:
    print("| layer type or cost | steps | bytes | found, ms | replayed, ms |\n| --- | --: | --: | --: | --: |")
    total, slower = [0, 0, 0.0, 0.0], []
    for name, derived in contents():
        content = json.loads(json.dumps(derived))
        proof, finding = milliseconds(lambda content=content: prove(content))  # type: ignore[misc]
        text = json.dumps(proof.pairs, separators=(",", ":"))
        pairs = json.loads(text)
        outcome, replaying = milliseconds(lambda content=content, pairs=pairs: replay(content, pairs, ""))  # type: ignore[misc]
        row = [outcome.steps, len(text), finding, replaying]
        total = [one + two for one, two in zip(total, row, strict=True)]
        slower += [name] * (replaying > finding)
        print(f"| {name} | {row[0]} | {row[1]} | {row[2]:.1f} | {row[3]:.1f} |")
    print(f"| **all** | {total[0]} | {total[1]} | {total[2]:.0f} | {total[3]:.0f} |")
    print(f"Slower to replay than to find: {', '.join(slower) or 'none'}.")


if __name__ == "__main__":
    main()
