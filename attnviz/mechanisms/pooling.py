"""The family without a query: what asks is learned, and a sequence becomes one vector."""

import numpy as np

from attnviz.layers.feature import FeatureAttention
from attnviz.layers.pooling import ContextPooling, StepPooling
from attnviz.mechanisms.arrays import batch, matrix, tensors, vector
from attnviz.mechanisms.inputs import Vectors
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Prepared, seeded
from attnviz.mechanisms.papers import RAFFEL, REMY, YANG
from attnviz.state import Choice, OnOff, Whole


def _context(inputs: Vectors, units: float, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(ContextPooling(x.shape[-1], int(units)), seed)
    names = {"x": x, "W": matrix(layer.hidden), "b": vector(layer.hidden.bias), "u": vector(layer.context.weight[0])}
    return Prepared(layer, tensors(x), names=names, labels={"key": inputs.rows}, notes=(UNTRAINED,))


def _steps(inputs: Vectors, bias: bool, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(StepPooling(x.shape[-1], x.shape[1] if bias else None), seed)
    b = np.zeros(x.shape[1], np.float32) if layer.bias is None else vector(layer.bias)
    names = {"x": x, "W": matrix(layer.weight), "b": b}
    return Prepared(layer, tensors(x), names=names, labels={"key": inputs.rows}, notes=(UNTRAINED,))


def _features(inputs: Vectors, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(FeatureAttention(x.shape[-1]), seed)
    names = {"x": x, "W": matrix(layer.dense), "b": vector(layer.dense.bias)}
    keys = tuple(f"feature {i}" for i in range(x.shape[-1]))
    return Prepared(layer, tensors(x), names=names, labels={"query": inputs.rows, "key": keys}, notes=(UNTRAINED,))


POOLING = (
    Mechanism(
        "learned-context", "Pooling by a learned context", "pooling", "soft",
        scores="u · tanh(W x + b)", normalises="softmax", over="steps", query="u, learned, the same for every input",
        formula=r"c = \sum_t \operatorname{softmax}_t\left(u^\top \tanh(W x_t + b)\right) x_t",
        paper=YANG, layer=ContextPooling, input="x", prepare=_context,
        choices=(Choice("units", "Length of u", Whole(1, 32), 8), SEED), follows=("additive",), trained=("sentiment-soft",),
        keras=KerasAnswer(
            "follows", "AdditiveAttention", "The query is a zero, and the learned context stands where the layer has its scale.",
            "layer = keras.layers.AdditiveAttention()\n"
            "layer.build([(1, 1, len(u)), (1, 1, len(u))])\n"
            "layer.set_weights([u])\n"
            "nobody = np.zeros((1, 1, len(u)))\n"
            "output, weights = layer([nobody, x, x @ W + b], return_attention_scores=True)\n"
            "output = output[:, 0]",
        ),
    ),
    Mechanism(
        "step-pooling", "Pooling over steps, a bias for each", "pooling", "soft",
        scores="tanh(w · x + b), b one number a step", normalises="softmax", over="steps", query="nobody: a step scores itself",
        formula=r"c = \sum_t \operatorname{softmax}_t\left(\tanh(w \cdot x_t + b_t)\right) x_t",
        paper=RAFFEL, layer=StepPooling, input="x", prepare=_steps,
        choices=(Choice("bias", "A bias for each step", OnOff(), True), SEED), follows=("learned-context",),
        keras=KerasAnswer(
            "follows", "AdditiveAttention", "The score is computed before, as a key of one feature; the query is a zero.",
            "key = x @ W + b[:, None]\n"
            "layer = keras.layers.AdditiveAttention(use_scale=False)\n"
            "output, weights = layer([np.zeros((1, 1, 1)), x, key], return_attention_scores=True)\n"
            "output = output[:, 0]",
        ),
    ),
    Mechanism(
        "feature", "Attention over features", "pooling", "soft",
        scores="W x + b", normalises="softmax", over="the features of one step", query="the step itself",
        formula=r"y_t = \operatorname{softmax}\left(W x_t + b\right) \odot x_t",
        paper=REMY, layer=FeatureAttention, input="x", prepare=_features, choices=(SEED,), follows=("location",),
        keras=KerasAnswer(
            "follows", "Attention",
            "Keras weighs keys, never features. Written as a key each, with its number on a diagonal as value, features can be "
            "weighed; two lines of Dense and multiplication say it better.",
            "steps = x[0]\n"
            "keys = np.repeat(np.eye(x.shape[-1])[None], len(steps), axis=0)\n"
            "values = steps[:, :, None] * keys\n"
            "query = (steps @ W + b)[:, None]\n"
            "output, weights = keras.layers.Attention()([query, values, keys], return_attention_scores=True)\n"
            "output, weights = output[None, :, 0], weights[None, :, 0]",
        ),
    ),
)  # fmt: skip
