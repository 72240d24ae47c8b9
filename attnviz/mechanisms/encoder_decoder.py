"""The family of encoder-decoders: a decoder asks, the encoder's states are keys and values at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from attnviz.layers.bahdanau import Bahdanau
from attnviz.layers.luong import Local, Luong
from attnviz.layers.multi_head import MultiHead
from attnviz.mechanisms.arrays import additive, batch, divided, labels, matrix, multi_head, tensors
from attnviz.mechanisms.inputs import Vectors
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Prepared, seeded
from attnviz.mechanisms.papers import BAHDANAU, LUONG, VASWANI
from attnviz.state import Choice, OneOf, Whole

REACH = Choice("reach", "Reach of the window", Whole(1, 12), 2)
HEADS = Choice("heads", "Heads", OneOf(("1", "2", "4", "8")), "2")


def _of(inputs: Vectors, layer: Any, names: dict[str, Any], first: str = "", notes: tuple[str, ...] = (UNTRAINED,)) -> Prepared:
    query, key = batch(inputs.query), batch(inputs.key)
    return Prepared(
        layer, tensors(query, key), names={"query": query, "key": key, **names}, labels=labels(inputs), notes=notes, first=first
    )


def _bahdanau(inputs: Vectors, units: float, seed: float) -> Prepared:
    layer = seeded(Bahdanau(inputs.query.shape[1], inputs.key.shape[1], int(units)), seed)
    return _of(inputs, layer, additive(layer.scores))


def _luong(score: str) -> Callable[..., Prepared]:
    weights: dict[str, Callable[[Any], dict[str, Any]]] = {
        "dot": lambda _: {}, "general": lambda scores: {"W": matrix(scores.key)}, "additive": additive,
    }  # fmt: skip

    def prepare(inputs: Vectors, seed: float = 0) -> Prepared:
        layer = seeded(Luong(inputs.query.shape[1], inputs.key.shape[1], score), seed)
        return _of(inputs, layer, weights[score](layer.scores), notes=() if score == "dot" else (UNTRAINED,))

    return prepare


def _local(predict: bool) -> Callable[..., Prepared]:
    def prepare(inputs: Vectors, reach: float, seed: float) -> Prepared:
        layer = seeded(Local(inputs.query.shape[1], inputs.key.shape[1], reach, predict), seed)
        position: Any = layer.position
        predicted = {"Wp": matrix(position[0]), "vp": matrix(position[2])[:, 0]} if predict else {}
        return _of(inputs, layer, {"W": matrix(layer.scores.key), "reach": reach, **predicted}, first=layer_name(predict))

    return prepare


def layer_name(predict: bool) -> str:
    """How the recorder calls the weights: with a centre beside them, the probe keeps its own name."""
    return "local-p" if predict else "local-m"


def _cross(inputs: Vectors, heads: str, seed: float) -> Prepared:
    width = inputs.query.shape[1]
    layer = seeded(MultiHead(width, divided(width, heads), memory=inputs.key.shape[1]), seed)
    return _of(inputs, layer, multi_head(layer))


ADDITIVE = """layer = keras.layers.AdditiveAttention()
layer.build([(1, 1, len(v)), (1, 1, len(v))])
layer.set_weights([v])
output, weights = layer([query @ W, key, key @ U + b], return_attention_scores=True)"""

LOCAL_M = """centres = np.minimum(np.arange(query.shape[1]), key.shape[1] - 1)
window = np.abs(np.arange(key.shape[1]) - centres[:, None]) <= reach
attention = keras.layers.Attention()
output, weights = attention([query, key, key @ W], mask=[None, window[None]], return_attention_scores=True)"""

LOCAL_P = """centres = (key.shape[1] - 1) / (1 + np.exp(-np.tanh(query @ Wp) @ vp))
distance = np.arange(key.shape[1]) - centres[..., None]
scores = np.where(np.abs(distance) <= reach, query @ np.swapaxes(key @ W, 1, 2), -1e9)
weights = keras.ops.multiply(keras.ops.softmax(scores), np.exp(-2 * (distance / reach) ** 2))
output = keras.ops.matmul(weights, key)"""

BUILT = """layer = keras.layers.MultiHeadAttention(heads, features)
layer.build(query.shape, key.shape)
layer.set_weights(learned)
output, weights = layer(query, key, return_attention_scores=True)"""

ENCODER_DECODER = (
    Mechanism(
        "bahdanau", "Bahdanau", "encoder-decoder", "soft",
        scores="v · tanh(W query + U key + b)", normalises="softmax", over="states of the encoder",
        query="the decoder's last state",
        formula=r"c_i = \sum_j \operatorname{softmax}_j\left(v^\top \tanh(W s_{i-1} + U h_j + b)\right) h_j",
        paper=BAHDANAU, layer=Bahdanau, input="query-key", prepare=_bahdanau,
        choices=(Choice("units", "Length of v", Whole(1, 32), 8), SEED), follows=("additive",), trained=("translate-bahdanau",),
        keras=KerasAnswer(
            "follows", "AdditiveAttention",
            "The layer that Keras calls Bahdanau-style has no matrices: queries and keys go through Dense layers before.", ADDITIVE,
        ),
    ),
    Mechanism(
        "luong-dot", "Luong global, dot", "encoder-decoder", "soft",
        scores="query · key", normalises="softmax", over="states of the encoder", query="the decoder's new state",
        formula=r"c_i = \sum_j \operatorname{softmax}_j\left(s_i \cdot h_j\right) h_j",
        paper=LUONG, layer=Luong, input="query-key", prepare=_luong("dot"), follows=("dot",),
        keras=KerasAnswer(
            "is", "Attention", "What Keras calls Luong-style attention.",
            "output, weights = keras.layers.Attention()([query, key], return_attention_scores=True)",
        ),
    ),
    Mechanism(
        "luong-general", "Luong global, general", "encoder-decoder", "soft",
        scores="query · W key", normalises="softmax", over="states of the encoder", query="the decoder's new state",
        formula=r"c_i = \sum_j \operatorname{softmax}_j\left(s_i^\top W h_j\right) h_j",
        paper=LUONG, layer=Luong, input="query-key", prepare=_luong("general"), choices=(SEED,), follows=("general", "luong-dot"),
        trained=("translate-luong",),
        keras=KerasAnswer(
            "follows", "Attention", "The keys go through a Dense layer without bias, the values do not.",
            "output, weights = keras.layers.Attention()([query, key, key @ W], return_attention_scores=True)",
        ),
    ),
    Mechanism(
        "luong-additive", "Luong global, concat", "encoder-decoder", "soft",
        scores="v · tanh(W [query; key])", normalises="softmax", over="states of the encoder", query="the decoder's new state",
        formula=r"c_i = \sum_j \operatorname{softmax}_j\left(v^\top \tanh(W [s_i; h_j])\right) h_j",
        paper=LUONG, layer=Luong, input="query-key", prepare=_luong("additive"), choices=(SEED,), follows=("additive", "bahdanau"),
        keras=KerasAnswer(
            "follows", "AdditiveAttention", "One matrix over query and key side by side is two matrices, which Dense layers hold.",
            ADDITIVE,
        ),
    ),
    Mechanism(
        "local-m", "Luong local-m (monotonic)", "encoder-decoder", "soft",
        scores="query · W key", normalises="softmax within a window", over="states of the encoder near the query's own place",
        query="the decoder's new state",
        formula=r"a_{ij} = \operatorname{softmax}_{|j - i| \le D}\left(s_i^\top W h_j\right)",
        paper=LUONG, layer=Local, input="query-key", prepare=_local(False), choices=(REACH, SEED), follows=("luong-general",),
        keras=KerasAnswer(
            "follows", "Attention",
            "No argument says window. The mask of the values is documented with two axes, but one with three is taken too, and "
            "holds the window.", LOCAL_M,
        ),
    ),
    Mechanism(
        "local-p", "Luong local-p (predictive)", "encoder-decoder", "soft",
        scores="query · W key", normalises="softmax within a window, times a Gaussian",
        over="states of the encoder near a predicted centre",
        query="the decoder's new state, which also predicts the centre",
        formula=r"a_{ij} = \operatorname{softmax}_{|j - p_i| \le D}\left(s_i^\top W h_j\right) "
        r"e^{-\frac{(j - p_i)^2}{2 (D/2)^2}}, \quad p_i = (n - 1)\,\sigma\left(v_p^\top \tanh(W_p s_i)\right)",
        paper=LUONG, layer=Local, input="query-key", prepare=_local(True), choices=(replace(REACH, default=3), SEED),
        follows=("local-m", "nadaraya-watson"), trained=("translate-local",),
        keras=KerasAnswer(
            "cannot", "Attention",
            "The Gaussian comes after the softmax, where Keras' layers let nobody in: their rows always sum to 1, these do not.",
            LOCAL_P,
        ),
    ),
    Mechanism(
        "cross-attention", "Cross-attention of a Transformer", "encoder-decoder", "soft",
        scores="query · key / √features, after projections", normalises="softmax", over="states of the encoder, in each head",
        query="the decoder's state", formula=r"\operatorname{softmax}\left(\frac{S W_q (H W_k)^\top}{\sqrt{d}}\right) H W_v",
        paper=VASWANI, layer=MultiHead, input="query-key", prepare=_cross, choices=(HEADS, SEED),
        follows=("multi-head", "luong-general"), trained=("translate-transformer",),
        keras=KerasAnswer("is", "MultiHeadAttention", "Query from the decoder, value (and key) from the encoder.", BUILT),
    ),
)  # fmt: skip
