"""A forward pass with a right backward pass and a near miss."""

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile


def examined(path, inputs, forward, backward, head="import numpy as np", kept="x"):
    """The verdict on the pair f.  forward, backward: their lines.  kept: what the backward pass calls what it gets."""
    forward, backward = ("".join(f"    {line}\n" for line in text.split("\n")) for text in (forward, backward))
    path.write_text(
        f"{head}\n\n\ndef f_forward({inputs}):\n{forward}\n\ndef f_backward(g, cache):\n    {kept} = cache\n{backward}"
    )
    return examine_pair(CodeFile(path, "f"))


def told_apart(path, inputs, forward, right, wrong, **options):
    """Whether the right one is proved and the near miss refuted; the claim about the latter."""
    for backward, verdict in ((right, Verdict.PROVED), (wrong, Verdict.REFUTED)):
        claim = examined(path, inputs, forward, f"return {backward}", **options)
        assert claim.verdict is verdict, (backward, claim.reason, claim.counterexample)
    return claim
