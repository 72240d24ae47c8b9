"""The family of kernel regression: attention as statistics had it."""

from dataclasses import replace

import torch

from attnviz.layers.kernel_regression import KernelRegression, fit_width
from attnviz.mechanisms.arrays import batch, tensors
from attnviz.mechanisms.inputs import Points
from attnviz.mechanisms.mechanism import KerasAnswer, Mechanism, Prepared
from attnviz.mechanisms.papers import NADARAYA
from attnviz.state import Choice, OnOff, Real

WIDTH = Choice("width", "Width of the Gaussian", Real(0.05, 5.0, 0.05), 0.5)
LEARNT = replace(WIDTH, label="Width at the start", default=1.0)

CALL = """# -(query - key)²/2w² is a dot product, and -query²/2w², which is the same for all keys, changes no softmax
asks = np.stack([query / width**2, np.ones_like(query)], axis=-1)
says = np.stack([key, -(key**2) / (2 * width**2)], axis=-1)
output, weights = keras.layers.Attention()([asks, value[..., None], says], return_attention_scores=True)
output = output[..., 0]"""

WHY = "Keras has no kernel, but a Gaussian of a distance is the softmax of a dot product: each place becomes two numbers."


def _prepare(inputs: Points, width: float, learn: bool = False) -> Prepared:
    layer = KernelRegression(width, learned=learn)
    query, key, value = (batch(array) for array in (inputs.grid, inputs.x, inputs.y))
    notes: tuple[str, ...] = ()
    if learn:
        with torch.enable_grad():
            errors = fit_width(layer, torch.tensor(key), torch.tensor(value))
        notes = (
            f"Learned width {layer.width:.3g}: foretelling each point from the others, the mean squared error fell from "
            f"{errors[0]:.3g} to {errors[-1]:.3g}.",
        )
    names = {"query": query, "key": key, "value": value, "width": layer.width}
    return Prepared(layer, tensors(query, key, value), names=names, labels=_places(inputs), notes=notes)


def _places(inputs: Points) -> dict[str, tuple[str, ...]]:
    return {"query": tuple(f"{x:.3g}" for x in inputs.grid), "key": tuple(f"{x:.3g}" for x in inputs.x)}


KERNEL = (
    Mechanism(
        "nadaraya-watson", "Nadaraya-Watson kernel regression", "kernel", "soft",
        scores="−(query − key)² / 2 width²", normalises="softmax", over="points", query="the place where a value is wanted",
        formula=r"f(x) = \sum_j \operatorname{softmax}_j\left(-\frac{(x - x_j)^2}{2 w^2}\right) y_j",
        paper=NADARAYA, layer=KernelRegression, input="points", prepare=_prepare, choices=(WIDTH,),
        keras=KerasAnswer("follows", "Attention", WHY, CALL),
    ),
    Mechanism(
        "nadaraya-watson-learned", "Nadaraya-Watson, width learned", "kernel", "soft",
        scores="−(query − key)² / 2 width², width learned", normalises="softmax", over="points",
        query="the place where a value is wanted",
        formula=r"\hat w = \arg\min_w \sum_i \Big(y_i - \sum_{j \ne i} \operatorname{softmax}_j"
        r"\left(-\tfrac{(x_i - x_j)^2}{2 w^2}\right) y_j\Big)^2",
        paper=NADARAYA, layer=fit_width, input="points", prepare=_prepare,
        choices=(LEARNT, Choice("learn", "Learn the width", OnOff(), True)),
        follows=("nadaraya-watson",), keras=KerasAnswer("follows", "Attention", WHY, CALL),
    ),
)  # fmt: skip
