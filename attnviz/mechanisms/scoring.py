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
from attnviz.maps import Floats
from attnviz.mechanisms.inputs import Vectors
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Paper, Prepared, Slider, seeded

TEMPERATURE = Slider("temperature", "Temperature", 0.05, 5.0, 0.05, 1.0)
HIDDEN = Slider("hidden", "Keys hidden at the end", 0, 8, 1, 0)

Names = Callable[[Any], Mapping[str, Any]]

LUONG = Paper("Luong, Pham and Manning", 2015, "https://arxiv.org/abs/1508.04025")
BAHDANAU = Paper("Bahdanau, Cho and Bengio", 2015, "https://arxiv.org/abs/1409.0473")
VASWANI = Paper("Vaswani et al.", 2017, "https://arxiv.org/abs/1706.03762")
GRAVES = Paper("Graves, Wayne and Danihelka", 2014, "https://arxiv.org/abs/1410.5401")
HINTON = Paper("Hinton, Vinyals and Dean", 2015, "https://arxiv.org/abs/1503.02531")


def matrix(layer: Any) -> Floats:
    """The weight of a Linear as Keras has it: (in, out)."""
    weight: Floats = layer.weight.detach().numpy().T.copy()
    return weight


def vector(parameter: Any) -> Floats:
    """A parameter as an array."""
    array: Floats = parameter.detach().numpy().copy()
    return array


def sequences(inputs: Vectors) -> dict[str, Floats]:
    """query, key and value with a batch of one."""
    return {name: getattr(inputs, name)[None] for name in ("query", "key", "value")}


def keys_seen(inputs: Vectors, hidden: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(1, key), False at the last `hidden` keys."""
    return (np.arange(len(inputs.key)) < len(inputs.key) - hidden)[None]


def scored(score: str, names: Names) -> Callable[..., Prepared]:
    """Attend with one scoring function; `names` gives what the Keras code needs of its weights."""

    def prepare(inputs: Vectors, temperature: float, hidden: float, seed: float = 0) -> Prepared:
        layer = seeded(Attend(inputs.query.shape[1], inputs.key.shape[1], score), seed)
        arrays, mask = sequences(inputs), keys_seen(inputs, hidden)
        return Prepared(
            layer, tuple(map(torch.tensor, arrays.values())), {"mask": torch.tensor(mask), "temperature": temperature},
            {**arrays, "mask": mask, "temperature": temperature, **names(layer.scores)},
            {"query": inputs.rows, "key": inputs.columns}, (UNTRAINED,) if any(True for _ in layer.parameters()) else (),
        )  # fmt: skip

    return prepare


def _plain(inputs: Vectors, temperature: float, hidden: float) -> Prepared:
    """Additive scores with the identity for W and U, ones for v and zeros for b."""
    made = scored("additive", _nothing)(inputs, temperature, hidden)
    scores: Any = made.layer.scores
    with torch.no_grad():
        for part in (scores.query, scores.key):
            nn.init.eye_(part.weight)
        nn.init.zeros_(scores.key.bias)
        nn.init.ones_(scores.vector.weight)
    return replace(made, notes=())


def _nothing(_: Any) -> dict[str, Any]:
    return {}


def _additive(scores: Any) -> dict[str, Any]:
    return {"W": matrix(scores.query), "U": matrix(scores.key), "b": vector(scores.key.bias), "v": vector(scores.vector.weight[0])}


CALL = "output, weights = keras.layers.Attention()({}, mask=[None, mask], return_attention_scores=True)"

SCORING = (
    Mechanism(
        "dot", "Dot product", "scores", "soft",
        scores="query · key", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(q_i \cdot k_j / \tau\right)",
        paper=LUONG, layer=Dot, input="query-key-value", prepare=scored("dot", _nothing), controls=(TEMPERATURE, HIDDEN),
        keras=KerasAnswer(
            "is", "Attention", "Attention scores by the dot product; a temperature divides the query beforehand.",
            CALL.format("[query / temperature, value, key]"),
        ),
    ),
    Mechanism(
        "scaled-dot", "Scaled dot product", "scores", "soft",
        scores="query · key / √features", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(\frac{q_i \cdot k_j}{\tau\sqrt{d}}\right)",
        paper=VASWANI, layer=ScaledDot, input="query-key-value", prepare=scored("scaled-dot", _nothing),
        controls=(TEMPERATURE, HIDDEN), follows=("dot",),
        keras=KerasAnswer(
            "follows", "Attention", "Attention has no 1/√d of its own; its one learned scale, or the query, can hold it.",
            "scale = 1 / np.sqrt(query.shape[-1])\n" + CALL.format("[query * scale / temperature, value, key]"),
        ),
    ),
    Mechanism(
        "general", "General (bilinear)", "scores", "soft",
        scores="query · W key", normalises="softmax", over="keys", query="any vector",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(q_i^\top W k_j / \tau\right)",
        paper=LUONG, layer=General, input="query-key-value", prepare=scored("general", lambda s: {"W": matrix(s.key)}),
        controls=(TEMPERATURE, HIDDEN, SEED), follows=("dot",),
        keras=KerasAnswer(
            "follows", "Attention", "Keras has no bilinear score; keys that went through a Dense layer without bias give it.",
            CALL.format("[query / temperature, value, key @ W]"),
        ),
    ),
    Mechanism(
        "additive", "Additive (concat)", "scores", "soft",
        scores="v · tanh(W query + U key + b)", normalises="softmax", over="keys", query="any vector",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(v^\top \tanh(W q_i + U k_j + b) / \tau\right)",
        paper=BAHDANAU, layer=Additive, input="query-key-value", prepare=scored("additive", _additive),
        controls=(TEMPERATURE, HIDDEN, SEED),
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
        "concat-plain", "Concat without weights", "scores", "soft",
        scores="sum of tanh(query + key)", normalises="softmax", over="keys", query="any vector with the features of a key",
        formula=r"a_{ij} = \operatorname{softmax}_j\Big(\sum\nolimits_f \tanh(q_{if} + k_{jf}) / \tau\Big)",
        paper=LUONG, layer=Additive, input="query-key-value", prepare=_plain,
        controls=(TEMPERATURE, HIDDEN), follows=("additive",),
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
        controls=(TEMPERATURE, HIDDEN, SEED),
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
        prepare=scored("cosine", lambda s: {"beta": s.log_beta.exp().item()}), controls=(TEMPERATURE, HIDDEN), follows=("dot",),
        keras=KerasAnswer(
            "follows", "Attention", "Keras has no cosine; queries and keys that were brought to length 1 have no other product.",
            "unit = keras.layers.UnitNormalization()\n" + CALL.format("[unit(query) * beta / temperature, value, unit(key)]"),
        ),
    ),
    Mechanism(
        "masked-softmax", "Masked softmax with temperature", "scores", "soft",
        scores="any", normalises="softmax at a temperature, among the keys that are not hidden", over="keys", query="any vector",
        formula=r"a_{ij} = \frac{m_j\, e^{s_{ij}/\tau}}{\sum_l m_l\, e^{s_{il}/\tau}}",
        paper=HINTON, layer=masked_softmax, input="query-key-value", prepare=scored("scaled-dot", _nothing),
        controls=(replace(TEMPERATURE, low=0.01, high=10.0, step=0.01, value=0.2), replace(HIDDEN, value=2)),
        follows=("scaled-dot",),
        keras=KerasAnswer(
            "follows", "Attention",
            "A mask is an argument and a temperature is not; a query whose keys are all hidden gets zeros here, and in Keras "
            "all keys alike.",
            "scale = 1 / np.sqrt(query.shape[-1])\n" + CALL.format("[query * scale / temperature, value, key]"),
        ),
    ),
)  # fmt: skip
