"""``make certificates``: true certificates, none of which the checker may reject.

The examples, the nine models that the onnx package carries, and random networks with up to three costs on any vertex,
shared parameters and weight decay.  ``python -m campaigns.true_certificates [COUNT]`` prints the table.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from support.strategies import rich_architectures

from dyadic.proofs import verify
from dyadic.proofs.checker import Rejected
from dyadic.proofs.checker.confirmation import examined
from dyadic.symbolic import derive, read_spec
from dyadic.symbolic.readers import read

EXAMPLES = sorted(Path("examples").glob("*.toml"))


def light_models():
    """The nine models that the onnx package carries, or none where it is not installed."""
    try:
        import onnx
    except ImportError:
        return []
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    return sorted(folder.glob("light_*.onnx"))


def outcome(network):
    """(the prover's verdict, CONFIRMED, PARTLY or REJECTED, what is open, seconds of the checker)."""
    certificate = json.loads(json.dumps(verify(derive(network))))
    start = time.process_time()
    try:
        report = examined(certificate)
    except Rejected as error:
        return certificate["verdict"], "REJECTED", str(error), time.process_time() - start
    return certificate["verdict"], report.verdict, "; ".join(report.open)[:200], time.process_time() - start


def random_networks(count):
    found = []

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(rich_architectures())
    def collect(network):
        found.append(network)

    collect()
    return found[:count]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    counts: dict[str, int] = {}
    subjects = [(path.stem, read_spec, path) for path in EXAMPLES] + [(p.stem, read, p) for p in light_models()]
    subjects += [(f"random {k}", lambda network: network, network) for k, network in enumerate(random_networks(count))]
    for name, load, source in subjects:
        verdict, found, reason, seconds = outcome(load(source))
        counts[found] = counts.get(found, 0) + 1
        print(f"{name:<24} {verdict:<10} {found:<10} {seconds:6.2f} s  {reason}", flush=True)
    print(f"{len(subjects)} true certificates: " + ", ".join(f"{n} {found}" for found, n in sorted(counts.items())))
    return int("REJECTED" in counts)


if __name__ == "__main__":
    sys.exit(main())
