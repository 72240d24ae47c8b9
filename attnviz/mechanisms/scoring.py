"""The family of scoring functions: one softmax, and six ways to say how well a key answers a query."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from attnviz.layers.attend import Attend
from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.scores import Additive, Cosine, Dot, General, Location, ScaledDot
from attnviz.mechanisms.arrays import additive, batch, labels, matrix, tensors
from attnviz.mechanisms.inputs import Vectors
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Prepared, seeded
from attnviz.mechanisms.papers import BAHDANAU, GRAVES, HINTON, LUONG, VASWANI
from attnviz.state import Choice, Real, Whole

TEMPERATURE = Choice("temperature", "Temperature", Real(0.05, 5.0, 0.05), 1.0)
HIDDEN = Choice("hidden", "Keys hidden at the end", Whole(0, 8), 0)


def scored(score: str, weights: Callable[[Any], Mapping[str, Any]] = lambda _: {}) -> Callable[..., Prepared]:
    """Attend with one scoring function; `weights` gives what the Keras code needs of it."""

    def prepare(inputs: Vectors, temperature: float, hidden: float, seed: float = 0) -> Prepared:
        layer = seeded(Attend(inputs.query.shape[1], inputs.key.shape[1], score), seed)
        query, key, value = (batch(array) for array in (inputs.query, inputs.key, inputs.value))
        mask = (np.arange(len(inputs.key)) < len(inputs.key) - hidden)[None]
        return Prepared(
            layer, tensors(query, key, value), {"mask": torch.tensor(mask), "temperature": temperature},
            {"query": query, "key": key, "value": value, "mask": mask, "temperature": temperature, **weights(layer.scores)},
            labels(inputs), (UNTRAINED,) if score in ("general", "additive", "location") else (),
        )  # fmt: skip

    return prepare


def _plain(inputs: Vectors, temperature: float, hidden: float) -> Prepared:
    """Additive scores with the identity for W and U, ones for v and zeros for b."""
    made = scored("additive")(inputs, temperature, hidden)
    scores: Any = made.layer.scores
    with torch.no_grad():
        for part in (scores.query, scores.key):
            nn.init.eye_(part.weight)
        nn.init.zeros_(scores.key.bias)
        nn.init.ones_(scores.vector.weight)
    return replace(made, notes=())


CALL = "output, weights = keras.layers.Attention()({}, mask=[None, mask], return_attention_scores=True)"
SCALED = "scale = 1 / np.sqrt(query.shape[-1])\n" + CALL.format("[query * scale / temperature, value, key]")

SCORING = (
    Mechanism(
        "dot", "Dot product", "scores", "soft",
        scores="query · key", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(q_i \cdot k_j / \tau\right)",
        paper=LUONG, layer=Dot, input="query-key-value", prepare=scored("dot"), choices=(TEMPERATURE, HIDDEN),
        keras=KerasAnswer(
            "is", "Attention", "Attention scores by the dot product; a temperature divides the query beforehand.",
            CALL.format("[query / temperature, value, key]"),
        ),
    ),
    Mechanism(
        "scaled-dot", "Scaled dot product", "scores", "soft",
        scores="query · key / √features", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(\frac{q_i \cdot k_j}{\tau\sqrt{d}}\right)",
        paper=VASWANI, layer=ScaledDot, input="query-key-value", prepare=scored("scaled-dot"),
        choices=(TEMPERATURE, HIDDEN), follows=("dot",),
        keras=KerasAnswer(
            "follows", "Attention", "Attention does not divide by √d; its one learned scale, or the query, can hold it.", SCALED,
        ),
    ),
    Mechanism(
        "general", "General (bilinear)", "scores", "soft",
        scores="query · W key", normalises="softmax", over="keys", query="any vector",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(q_i^\top W k_j / \tau\right)",
        paper=LUONG, layer=General, input="query-key-value", prepare=scored("general", lambda s: {"W": matrix(s.key)}),
        choices=(TEMPERATURE, HIDDEN, SEED), follows=("dot",),
        keras=KerasAnswer(
            "follows", "Attention", "Keras has no bilinear score; keys that went through a Dense layer without bias give it.",
            CALL.format("[query / temperature, value, key @ W]"),
        ),
    ),
    Mechanism(
        "additive", "Additive (concat)", "scores", "soft",
        scores="v · tanh(W query + U key + b)", normalises="softmax", over="keys", query="any vector",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(v^\top \tanh(W q_i + U k_j + b) / \tau\right)",
        paper=BAHDANAU, layer=Additive, input="query-key-value", prepare=scored("additive", additive),
        choices=(TEMPERATURE, HIDDEN, SEED), follows=("concat-plain",),
        keras=KerasAnswer(
            "follows", "AdditiveAttention",
            "AdditiveAttention has v, its scale, but neither W nor U: queries and keys go through Dense layers before.",
            "layer = keras.layers.AdditiveAttention()\n"
            "layer.build([(1, 1, len(v)), (1, 1, len(v))])\n"
            "layer.set_weights([v / temperature])\n"
            "output, weights = layer([query @ W, value, key @ U + b], mask=[None, mask], return_attention_scores=True)",
        ),
    ),
    Mechanism(
        "concat-plain", "Concat without matrices", "scores", "soft",
        scores="sum of tanh(query + key)", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\Big(\sum\nolimits_f \tanh(q_{if} + k_{jf}) / \tau\Big)",
        paper=BAHDANAU, layer=Additive, input="query-key-value", prepare=_plain, choices=(TEMPERATURE, HIDDEN),
        keras=KerasAnswer(
            "is", "Attention", 'What Keras calls score_mode="concat": additive scores whose matrices are the identity.',
            'layer = keras.layers.Attention(score_mode="concat")\n'
            "layer.build([query.shape, value.shape])\n"
            "layer.set_weights([np.array(1 / temperature)])\n"
            "output, weights = layer([query, value, key], mask=[None, mask], return_attention_scores=True)",
        ),
    ),
    Mechanism(
        "location", "Location", "scores", "soft",
        scores="W query, one score a place", normalises="softmax", over="places, whatever stands there", query="any vector",
        formula=r"a_i = \operatorname{softmax}\left(W q_i / \tau\right)",
        paper=LUONG, layer=Location, input="query-key-value", prepare=scored("location", lambda s: {"W": matrix(s.places)}),
        choices=(TEMPERATURE, HIDDEN, SEED),
        keras=KerasAnswer(
            "follows", "Attention", "Attention scores what keys are, not where they stand; with one-hot keys a key is its place.",
            "places = np.eye(key.shape[1])[None]\n"
            + CALL.format("[(query @ W)[:, :, : key.shape[1]] / temperature, value, places]"),
        ),
    ),
    Mechanism(
        "cosine", "Cosine", "scores", "soft",
        scores="β · cosine of query and key", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(\frac{\beta}{\tau}\,\frac{q_i \cdot k_j}{\|q_i\|\,\|k_j\|}\right)",
        paper=GRAVES, layer=Cosine, input="query-key-value",
        prepare=scored("cosine", lambda s: {"beta": s.log_beta.exp().item()}), choices=(TEMPERATURE, HIDDEN), follows=("dot",),
        keras=KerasAnswer(
            "follows", "Attention", "Keras has no cosine; the dot product of queries and keys brought to length 1 is one.",
            "unit = keras.layers.UnitNormalization()\n" + CALL.format("[unit(query) * beta / temperature, value, unit(key)]"),
        ),
    ),
    Mechanism(
        "masked-softmax", "Masked softmax with temperature", "scores", "soft",
        scores="any; here the scaled dot product", normalises="softmax at a temperature, among keys that are not hidden",
        over="keys",
        query="any vector", formula=r"a_{ij} = \frac{m_j\, e^{s_{ij}/\tau}}{\sum_l m_l\, e^{s_{il}/\tau}}",
        paper=HINTON, layer=masked_softmax, input="query-key-value", prepare=scored("scaled-dot"),
        choices=(replace(TEMPERATURE, allowed=Real(0.01, 10.0, 0.01), default=0.2), replace(HIDDEN, default=2)),
        follows=("scaled-dot",),
        keras=KerasAnswer(
            "follows", "Attention",
            "A mask is an argument and a temperature is not. Where all keys are hidden, a query gets zeros here, and in Keras the "
            "same share of every key.",
            SCALED,
        ),
    ),
)  # fmt: skip
