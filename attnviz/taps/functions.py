"""Functions of torch by what they do to numbers: each table is a set of every spelling of its functions."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def variants(*names: str) -> frozenset[Any]:
    """Every function of torch, of tensors and of torch.nn.functional that has one of these names."""
    rooms = (torch, Tensor, F)
    return frozenset(getattr(room, name) for room in rooms for name in names if hasattr(room, name))


def properties(*names: str) -> frozenset[Any]:
    """What a mode is told where somebody reads one of these properties of a tensor."""
    return frozenset(getattr(Tensor, name).__get__ for name in names if hasattr(Tensor, name))


# Say something about a tensor, and give none.
ASKS = variants(
    "size", "dim", "numel", "stride", "storage_offset", "is_floating_point", "is_complex", "is_contiguous", "data_ptr", "nelement",
    "element_size", "ndimension", "__len__", "get_device", "untyped_storage",
) | properties(
    "shape", "dtype", "device", "ndim", "layout", "requires_grad", "is_leaf", "is_cuda", "is_cpu", "is_meta", "is_sparse",
    "is_nested", "is_quantized", "is_mkldnn", "is_mps", "grad_fn", "names", "itemsize", "nbytes", "_version", "output_nr",
)  # fmt: skip

# Give other views of the memory that they get.
VIEWS = variants(
    "transpose", "permute", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "view", "view_as", "unsqueeze", "squeeze", "alias",
    "unflatten", "expand", "expand_as", "broadcast_to", "narrow", "select", "detach", "unbind", "chunk", "split", "tensor_split",
) | properties("mT", "T", "mH", "H")  # fmt: skip
PROJECTIONS, CONVOLUTIONS = variants("linear"), variants("conv1d", "conv2d", "conv3d")
SUMS_WITH_PROJECTIONS = variants("addmm")
PRODUCTS = variants("matmul", "mm", "einsum")
CONCATENATIONS = variants("cat", "concat", "concatenate")
NORMS = variants("layer_norm", "rms_norm", "normalize")
COPIES = variants("contiguous", "clone", "reshape", "flatten")
# torch.nn.GRU and its kin ask torch._VF, which is the same room by another name
RECURRENT = variants("gru", "lstm", "rnn_tanh", "rnn_relu", "gru_cell", "lstm_cell", "rnn_tanh_cell", "rnn_relu_cell")
POOLS = variants(
    *(f"{kind}_pool{axes}d" for kind in ("avg", "max", "adaptive_avg", "adaptive_max", "lp") for axes in (1, 2, 3)),
    "mean", "amax", "interpolate", "unfold", "pixel_shuffle", "pixel_unshuffle",
)  # fmt: skip
CARRIES = variants(
    "add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_", "true_divide", "neg", "where", "masked_fill", "masked_fill_",
    "tanh", "clamp", "clamp_min", "clamp_max", "max", "maximum", "to", "float", "half", "bfloat16", "double", "type_as",
    "stack", "repeat", "repeat_interleave", "index_select",
    "index_copy_", "roll", "gather", "tril", "pad", "dropout", "gelu", "relu", "silu",
    "copy_",
)  # fmt: skip

# What scores and weights go through.
SOFTMAX = variants("softmax") | {torch.special.softmax}
DROPOUT = variants("dropout", "dropout_", "feature_dropout", "alpha_dropout")
SUMS = variants("sum", "mean", "norm", "cosine_similarity") | {torch.linalg.vector_norm}
ENDS = variants(
    "max", "min", "amax", "amin", "argmax", "argmin", "topk", "sort", "prod", "std", "var", "median", "logsumexp", "cumsum",
    "diagonal", "trace", "bincount", "mse_loss", "cross_entropy", "kl_div", "nll_loss", "binary_cross_entropy", "item", "tolist",
    "numpy", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "new_zeros", "new_ones", "new_empty",
    "new_full", "new_tensor", "grid_sample", "embedding", "scaled_dot_product_attention",
)  # fmt: skip
MOVES = variants(
    "transpose", "permute", "swapaxes", "swapdims", "movedim", "__getitem__", "narrow", "index_select", "unsqueeze", "squeeze",
    "flip", "roll", "expand", "expand_as", "broadcast_to", "view", "view_as", "reshape", "reshape_as", "flatten", "unflatten",
    "contiguous", "clone", "detach", "chunk", "split", "unbind", "tensor_split", "to", "type", "type_as", "float", "half",
    "bfloat16", "double", "cpu", "as_strided", "select", "t", "moveaxis", "alias", "repeat_interleave", "gather",
    "requires_grad_", "detach_", "retain_grad", "unsafe_chunk", "unsafe_split",
) | properties("mT", "T", "mH", "data", "H")  # fmt: skip
ORDERLY = variants(
    "view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "contiguous", "clone", "detach", "to", "type", "type_as",
    "float", "half", "bfloat16", "double", "unsqueeze", "squeeze",
)  # fmt: skip
FRAMES = variants("pad", "as_strided", "cat", "concat", "scatter", "index_copy", "index_put")
LARGER = variants("max", "min")  # of two tensors: number by number, as XGLM keeps its scores finite
BESIDE = CONCATENATIONS | variants("hstack")

# What gates go through.
SIGMOID = variants("sigmoid", "sigmoid_", "hardsigmoid")
CLIPPED = variants("relu6", "hardtanh")
MULTIPLY = variants("mul", "mul_", "multiply", "multiply_")
SCALES = MULTIPLY | variants("div", "true_divide", "div_")
EXPANDS = variants("expand", "expand_as", "broadcast_to")
RESHAPES = variants(
    "view", "view_as", "reshape", "reshape_as", "unsqueeze", "squeeze", "unflatten", "flatten", "transpose", "permute",
    "contiguous", "to", "float", "half", "bfloat16", "type_as", "__getitem__",
)  # fmt: skip
TURNS = variants("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis")
MEANS = variants("mean", "amax", "max", "amin", "sum", "std", "var", "logsumexp", "norm")
GLOBAL = variants(
    *(f"adaptive_{how}_pool{axes}d" for how in ("avg", "max") for axes in (1, 2, 3)), *(f"avg_pool{axes}d" for axes in (1, 2, 3)),
    *(f"max_pool{axes}d" for axes in (1, 2, 3)),
)  # fmt: skip
