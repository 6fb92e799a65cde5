"""Which functions and methods each library has, of those of the table of functions that mean there what it says.

A name that a library does not have stops the code that calls it; one that it has for something else is left out here
(:data:`OTHER_MEANING`).  A test holds the table against the libraries themselves.
"""

from __future__ import annotations

_WRITTEN = {
    "numpy": """
        abs absolute acos acosh add all amax amin any arange arccos arccosh arcsin arcsinh arctan arctanh array
        asarray ascontiguousarray asin asinh astype atan atanh average broadcast_arrays broadcast_to clip column_stack
        concatenate conj copy cos cosh count_nonzero cumsum diag diagflat diff divide dot double einsum empty empty_like
        equal exp exp2 expand_dims expm1 eye fabs flip fliplr flipud float32 float64 float_power full full_like
        greater greater_equal heaviside hstack hypot identity inner less less_equal log log10 log1p log2
        logaddexp logical_and logical_not logical_or matmul max maximum mean min minimum moveaxis multiply
        negative not_equal ones ones_like outer pad pow power prod ravel reciprocal repeat reshape roll sign sin
        sinh size split sqrt square squeeze stack std subtract sum swapaxes tan tanh tensordot tile trace
        transpose tril triu true_divide var vstack where zeros zeros_like
    """,
    "numpy.linalg": """
        matmul norm outer tensordot trace
    """,
    "numpy.ndarray": """
        all any astype clip conj copy cumsum dot flatten item max mean min prod ravel repeat reshape squeeze std
        sum swapaxes trace transpose var
    """,
    "jax.numpy": """
        abs absolute acos acosh add all amax amin any arange arccos arccosh arcsin arcsinh arctan arctanh array
        asarray asin asinh astype atan atanh average broadcast_arrays broadcast_to clip column_stack concatenate conj
        copy cos
        cosh count_nonzero cumsum diag diagflat diff divide dot double einsum empty empty_like equal exp exp2
        expand_dims expm1 eye fabs flip fliplr flipud float32 float64 float_power full full_like greater greater_equal
        heaviside hstack hypot identity inner less less_equal log log10 log1p log2 logaddexp logical_and
        logical_not logical_or matmul max maximum mean min minimum moveaxis multiply negative not_equal ones
        ones_like outer pad pow power prod ravel reciprocal repeat reshape roll sign sin sinh size split sqrt
        square squeeze stack std subtract sum swapaxes tan tanh tensordot tile trace transpose tril triu
        true_divide var vstack where zeros zeros_like
    """,
    "jax.numpy.linalg": """
        matmul norm outer tensordot trace
    """,
    "jax.nn": """
        elu gelu leaky_relu log_sigmoid log_softmax logsumexp mish relu sigmoid silu softmax softplus swish tanh
    """,
    "jax.scipy.special": """
        erf expit log_softmax logsumexp softmax
    """,
    "jax.Array": """
        all any astype clip clone conj copy cumsum dot flatten item max mean min prod ravel repeat reshape
        squeeze std sum swapaxes trace transpose var
    """,
    "torch": """
        abs absolute acos acosh add addmm all amax amin any arange arccos arccosh arcsin arcsinh arctan arctanh
        as_tensor asarray asin asinh atan atanh bmm broadcast_to cat chunk clamp clip clone column_stack
        concatenate conj cos cosh count_nonzero cumsum detach diag diagflat diff div divide dot einsum empty empty_like
        eq erf exp exp2 expm1 eye flatten flip fliplr flipud float_power full full_like ge greater greater_equal
        gt heaviside hstack hypot inner le less less_equal log log10 log1p log2 log_softmax logaddexp
        logical_and logical_not logical_or logsumexp lt masked_fill matmul max maximum mean min minimum mm
        moveaxis movedim mul multiply ne neg negative norm not_equal numel ones ones_like outer permute pow prod
        ravel reciprocal relu repeat_interleave reshape roll rsqrt sigmoid sign sin sinh softmax split sqrt
        square squeeze stack std sub subtract sum swapaxes t tan tanh tensor tensordot tile trace transpose tril
        triu true_divide unsqueeze var vstack where zeros zeros_like
    """,
    "torch.nn.functional": """
        elu gelu leaky_relu linear log_softmax logsigmoid mish pad relu sigmoid silu softmax softplus softsign tanh
    """,
    "torch.linalg": """
        matmul norm
    """,
    "torch.special": """
        erf exp2 expit expm1 log1p log_softmax logsumexp softmax
    """,
    "torch.Tensor": """
        abs absolute acos acosh add addmm all amax amin any arccos arccosh arcsin arcsinh arctan arctanh asin
        asinh atan atanh bmm broadcast_to chunk clamp clip clone conj contiguous cos cosh count_nonzero cumsum
        detach diag diagflat diff div divide dot double eq erf exp exp2 expand expand_as expm1 flatten flip fliplr
        flipud float float_power ge greater greater_equal gt heaviside hypot inner item le less less_equal log log10
        log1p log2 log_softmax logaddexp logical_and logical_not logical_or logsumexp lt masked_fill matmul max
        maximum mean min minimum mm moveaxis movedim mul multiply ne neg negative new_ones new_zeros norm not_equal
        numel outer permute pow prod ravel reciprocal relu repeat repeat_interleave reshape reshape_as roll rsqrt
        sigmoid sign sin sinh size softmax split sqrt square squeeze std sub subtract sum swapaxes t tan tanh tile to
        trace transpose tril triu true_divide type_as unsqueeze var view view_as where
    """,
    "scipy.special": """
        erf exp2 expit expm1 log1p log_softmax logsumexp softmax softplus
    """,
    "math": """
        acos acosh asin asinh atan atanh cos cosh erf exp exp2 expm1 fabs hypot log log10 log1p log2 pow sin
        sinh sqrt tan tanh
    """,
    "jax.lax": """
        abs acos acosh add asin asinh atan atanh clamp cos cosh div eq erf exp expm1 ge gt le log log1p lt max min
        mul ne neg reshape rsqrt sign sin sinh sqrt square sub tan tanh transpose
    """,
}
HAS: dict[str, frozenset[str]] = {place: frozenset(text.split()) for place, text in _WRITTEN.items()}
"""By the module, or the type for methods; of ``jax.lax`` only what is told is read."""
OTHER_MEANING = frozenset({
    ("numpy.ndarray", "view"), ("jax.Array", "view"), ("jax.nn", "identity"), ("torch", "equal"),
    ("torch.Tensor", "equal"), ("math", "prod"),
})  # fmt: skip
"""view reads bytes as another type; identity returns its argument; equal says whether all is; math takes numbers."""
_LIKE = {
    "autograd.numpy": "numpy", "autograd.numpy.linalg": "numpy.linalg", "cupy": "numpy", "cupy.linalg": "numpy.linalg",
}  # fmt: skip
METHODS = {"numpy": "numpy.ndarray", "torch": "torch.Tensor", "jax": "jax.Array"}
ONLY_TENSORS = frozenset({
    "maximum", "minimum", "matmul", "mm", "bmm", "dot", "outer", "inner", "logaddexp", "hypot", "heaviside",
    "logical_and", "logical_or", "logical_not",
})  # fmt: skip
"""What PyTorch does with tensors alone, not with numbers beside them."""
_ANYTHING = frozenset({
    "arange", "as_tensor", "asarray", "cat", "concatenate", "column_stack", "einsum", "empty", "eye", "full", "hstack",
    "ones", "pow", "float_power", "stack", "tensor", "vstack", "where", "zeros",
})  # fmt: skip
FIRST_IS_TENSOR = frozenset(
    name for place in HAS if place.startswith("torch") for name in HAS[place] if name not in _ANYTHING
)
"""What PyTorch does with a tensor as its first argument, and not with a number."""


def has(place: str, name: str) -> bool:
    """Whether there is a function of that name in a module, or a method of a type, that means what the table says."""
    return name in HAS.get(_LIKE.get(place, place), frozenset())


__all__ = ["FIRST_IS_TENSOR", "HAS", "METHODS", "ONLY_TENSORS", "OTHER_MEANING", "has"]
