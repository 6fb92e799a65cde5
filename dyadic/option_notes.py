"""What the options of layers and costs say, for the catalogue: by name, or by layer and name where one differs."""

from __future__ import annotations

_GIVEN = "left out where the parameters are further inputs"
_WINDOW = "for each of its axes"
_ENDS = "for each axis, or first those in front, then those behind; 0 by default"
OPTION_NOTES = {
    "activation": "the function sigma",
    "affine": "whether it has a scale and a bias",
    "alpha": "the number alpha of the equation",
    "axes": "which axes; all by default",
    "layer_norm.axes": "how many axes, the last ones, are normalised together",
    "slice.axes": "which axes are cut; the first ones by default",
    "squeeze.axes": "which axes of size 1 are dropped; all by default",
    "unsqueeze.axes": "where the result has the new axes of size 1",
    "axis": "which axis; a negative one counts from the end",
    "flatten.axis": "from which axis on all become one",
    "stack.axis": "where the result has the new axis",
    "beta": "the number beta of the equation",
    "bias": "whether a bias is added",
    "lrn.bias": "the number that is added to the sum",
    "causal": "whether a query sees no key after its own place",
    "ceil": "whether a last window that does not fit counts: the number of windows is rounded up",
    "count": f"how many rows the table has; {_GIVEN}",
    "count_include_pad": "whether what is padded counts in a mean",
    "delta": "where the quadratic part ends",
    "dilation": f"the distance of neighbours in a window {_WINDOW}; 1 by default",
    "divisor": "the number divided by",
    "epsilon": "the number that is added to a variance",
    "cosine_similarity.epsilon": "the least length that is divided by",
    "equation": "the letters of the inputs and of the result",
    "exponent": "an integer or a fraction",
    "factor": "the number that x is multiplied by",
    "factors": "how many times each entry is repeated along each of the last axes",
    "filters": f"how many channels the result has; {_GIVEN}",
    "gamma": "the number gamma of the equation",
    "groups": "into how many groups the channels are divided, each of which is read by itself",
    "heads": "how many heads, each with an equal part of the units",
    "high": "the upper bound; none by default",
    "keep": "whether a reduced axis stays, with size 1",
    "kernel": f"the size of the window {_WINDOW}",
    "conv.kernel": f"the size of the window {_WINDOW}; {_GIVEN}",
    "conv_transpose.kernel": f"the size of the window {_WINDOW}; {_GIVEN}",
    "lead": "how many axes in front are batch axes, which are only carried along",
    "low": "the lower bound; none by default",
    "offset": "the number that is added",
    "output": "of which step the state is the value: the last or all",
    "output_padding": f"how many entries more the result has at the end {_WINDOW}; 0 by default",
    "padding": f"how many zeros stand before and behind, {_ENDS}",
    "max_pool.padding": f"how far windows reach beyond both ends, {_ENDS}",
    "pad.padding": "how many entries are put in front of, then behind, the last axes; a negative number cuts off",
    "permutation": "which axis of the input each axis of the result is; reversed by default",
    "position": "which entry along the axis",
    "rate": "the share of entries that are dropped, of which the mask is drawn",
    "reduction": "what becomes of entries that meet at one place",
    "relation": "which comparison",
    "reset": "whether the reset gate stands after or before the recurrent product",
    "reverse": "whether it goes from the last step to the first",
    "scale": "the factor of the scores; 1 / sqrt(k) by default",
    "shape": "the sizes of the result",
    "reshape.shape": "the sizes of the result; -1 stands for the one that follows",
    "shared": "whether one slope holds for all channels",
    "size": "how many neighbouring channels are summed over",
    "sizes": "how many entries are taken along each axis",
    "slope": "the slope where x is not positive",
    "starts": "the first place along each axis; a negative one counts from the end",
    "steps": "how many steps are taken; all by default",
    "slice.steps": "the distance of the places along each axis; 1 by default",
    "stride": f"the distance of neighbouring windows {_WINDOW}; 1 by default",
    "average_pool.stride": f"the distance of neighbouring windows {_WINDOW}; by default they touch",
    "max_pool.stride": f"the distance of neighbouring windows {_WINDOW}; by default they touch",
    "target": "whether y holds probabilities or the index of the class",
    "units": f"how many numbers the result has along its last axis; {_GIVEN}",
    "value": "the number that is put there",
}


def option_note(owner: str, name: str) -> str:
    """What an option of a layer type or cost says."""
    return OPTION_NOTES.get(f"{owner}.{name}") or OPTION_NOTES[name]


__all__ = ["OPTION_NOTES", "option_note"]
