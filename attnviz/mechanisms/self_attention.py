"""The family of self-attention: every position asks all others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from attnviz.errors import InputError
from attnviz.layers.additive_self import AdditiveSelf
from attnviz.layers.latent import Latent
from attnviz.layers.low_rank import LowRank
from attnviz.layers.multi_head import MultiHead, window
from attnviz.layers.plain_self import PlainSelf
from attnviz.layers.positions import rotated, sinusoids
from attnviz.mechanisms.arrays import additive, batch, divided, labels_of_one, matrix, multi_head, tensors, vector
from attnviz.mechanisms.encoder_decoder import HEADS
from attnviz.mechanisms.inputs import Vectors, counted
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Prepared, seeded
from attnviz.mechanisms.papers import AINSLIE, BELTAGY, DEEPSEEK, JAEGLE, SHAZEER, SU, VASWANI, ZHENG
from attnviz.state import Choice, OnOff, Real, Whole

CAUSAL = Choice("causal", "See the past alone", OnOff(), False)


def _plain(inputs: Vectors) -> Prepared:
    x = batch(inputs.query)
    return Prepared(PlainSelf(), tensors(x), names={"x": x}, labels=labels_of_one(inputs))


def _additive(inputs: Vectors, span: float, history: bool, units: float, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(AdditiveSelf(x.shape[-1], int(units), int(span), history), seed)
    names = {"x": x, "span": int(span), "history": history, **additive(layer.scores)}
    return Prepared(layer, tensors(x), names=names, labels=labels_of_one(inputs), notes=(UNTRAINED,))


def _heads(groups: Callable[[int], int] = lambda heads: heads, always_causal: bool = False) -> Callable[..., Prepared]:
    """MultiHead over one input; `groups` says how many heads of keys there are for so many heads of queries."""

    def prepare(inputs: Vectors, seed: float, heads: str, causal: bool = always_causal, reach: float | None = None) -> Prepared:
        x = batch(inputs.query)
        count = divided(x.shape[-1], heads)
        layer = seeded(MultiHead(x.shape[-1], count, groups(count)), seed)
        options: dict[str, Any] = {"causal": causal} | ({} if reach is None else {"reach": int(reach)})
        names = {"x": x, "groups": layer.groups, **options, **multi_head(layer)}
        return Prepared(layer, tensors(x, x), options, names, labels_of_one(inputs), (UNTRAINED,))

    return prepare


def _sinusoids(inputs: Vectors, amount: float) -> Prepared:
    x = batch(inputs.query)
    width = x.shape[-1] + x.shape[-1] % 2
    places = amount * sinusoids(x.shape[1], width)[None, :, : x.shape[-1]]
    names = {"x": x, "amount": amount}
    return Prepared(PlainSelf(), (tensors(x)[0] + places,), names=names, labels=labels_of_one(inputs))


def _rotary(inputs: Vectors, seed: float) -> Prepared:
    x = batch(inputs.query)
    if x.shape[-1] % 2:
        raise InputError(f"{counted(x.shape[-1], 'feature')} cannot be turned in pairs", "give an even number of columns")
    layer = seeded(MultiHead(x.shape[-1], 1, rotary=True), seed)
    parts = {"q": layer.query, "k": layer.key, "v": layer.value, "o": layer.out}
    names = {f"W{short}": matrix(part) for short, part in parts.items()} | {
        f"b{short}": vector(part.bias) for short, part in parts.items()
    }
    return Prepared(layer, tensors(x, x), names={"x": x, **names}, labels=labels_of_one(inputs), notes=(UNTRAINED,))


def _latent(inputs: Vectors, count: float, heads: str, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(Latent(int(count), x.shape[-1], x.shape[-1], divided(x.shape[-1], heads)), seed)
    names = {"x": x, "latents": vector(layer.latents)[None], **multi_head(layer.attention)}
    rows = tuple(f"latent {i}" for i in range(int(count)))
    return Prepared(layer, tensors(x), names=names, labels={"query": rows, "key": inputs.rows}, notes=(UNTRAINED,))


def _low_rank(inputs: Vectors, rank: float, heads: str, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(LowRank(x.shape[-1], divided(x.shape[-1], heads), int(rank)), seed)
    names = {"x": x, "D": matrix(layer.down), **multi_head(layer.attention)}
    return Prepared(layer, tensors(x), names=names, labels=labels_of_one(inputs), notes=(UNTRAINED,))


def built(
    options: str = "", call: str = "", query: str = "x", value: str = "x", layer: str = "MultiHeadAttention(heads, features"
) -> str:
    """The four lines that make one of Keras' layers with heads, give it weights, and call it."""
    return (
        f"layer = keras.layers.{layer}{options})\nlayer.build({query}.shape, {value}.shape)\nlayer.set_weights(learned)\n"
        f"output, weights = layer({query}, {value}{call}, return_attention_scores=True)"
    )


ADDITIVE = """places = np.arange(x.shape[1])
first = places[:, None] - (span - 1 if history else span // 2)
window = (first <= places) & (places < first + span)
layer = keras.layers.AdditiveAttention()
layer.build([(1, 1, len(v)), (1, 1, len(v))])
layer.set_weights([v])
output, weights = layer([x @ W, x, x @ U + b], mask=[None, window[None]], return_attention_scores=True)"""

SINUSOIDS = """width = x.shape[-1] + x.shape[-1] % 2
angles = np.arange(x.shape[1])[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
places = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(x.shape[1], width)[:, : x.shape[-1]]
placed = x + amount * places
output, weights = keras.layers.Attention()([placed, placed], return_attention_scores=True)"""

ROTARY = """def turned(states):
    turns = np.arange(states.shape[1])[:, None] / 10_000 ** (np.arange(0, states.shape[-1], 2) / states.shape[-1])
    pairs = (states[..., 0::2] + 1j * states[..., 1::2]) * np.exp(1j * turns)
    return np.stack([pairs.real, pairs.imag], axis=-1).reshape(states.shape)

query, key = turned(x @ Wq + bq) / np.sqrt(x.shape[-1]), turned(x @ Wk + bk)
mixed, weights = keras.layers.Attention()([query, x @ Wv + bv, key], return_attention_scores=True)
output = keras.ops.add(keras.ops.matmul(mixed, Wo), bo)"""

GROUPED = "GroupQueryAttention(features, heads, groups"
SCALED = r"\operatorname{softmax}\left(\frac{X W_q^h (X W_k^h)^\top}{\sqrt{d}}\right) X W_v^h"
PROJECTED = "query · key / √features, after projections"

SELF = (
    Mechanism(
        "plain-self", "Self-attention without projections", "self", "self",
        scores="x · x", normalises="softmax", over="positions", query="each position, as it is",
        formula=r"y_i = \sum_j \operatorname{softmax}_j\left(x_i \cdot x_j\right) x_j",
        paper=VASWANI, layer=PlainSelf, input="x", prepare=_plain, follows=("dot",),
        keras=KerasAnswer(
            "is", "Attention", "The same input as query, key and value.",
            "output, weights = keras.layers.Attention()([x, x], return_attention_scores=True)",
        ),
    ),
    Mechanism(
        "additive-self", "Additive self-attention, span and history", "self", "self",
        scores="v · tanh(W x + U x' + b)", normalises="softmax within a window", over="positions in the window",
        query="each position",
        formula=r"y_i = \sum_j \operatorname{softmax}_{j \in w(i)}\left(v^\top \tanh(W x_i + U x_j + b)\right) x_j",
        paper=ZHENG, layer=AdditiveSelf, input="x", prepare=_additive,
        choices=(
            Choice("span", "Span of the window", Whole(1, 64), 5), Choice("history", "History alone", OnOff(), False),
            Choice("units", "Length of v", Whole(1, 32), 8), SEED,
        ),
        follows=("additive", "plain-self"),
        keras=KerasAnswer(
            "follows", "AdditiveAttention",
            "Dense layers before it, and the window as a mask of three axes, which is taken though two are documented.", ADDITIVE,
        ),
    ),
    Mechanism(
        "multi-head", "Multi-head self-attention", "self", "self",
        scores=PROJECTED, normalises="softmax", over="positions, in each head", query="each position, projected",
        formula=SCALED + r",\quad h = 1 \dots H", paper=VASWANI, layer=MultiHead, input="x", prepare=_heads(),
        choices=(HEADS, SEED), follows=("scaled-dot", "plain-self"),
        trained=("sentiment-minilm", "cifar-vit", "translate-transformer"),
        keras=KerasAnswer("is", "MultiHeadAttention", "With the layer's four kernels and biases set.", built()),
    ),
    Mechanism(
        "causal", "Causal self-attention", "self", "self",
        scores=PROJECTED, normalises="softmax over the past", over="earlier positions and its own",
        query="each position, projected",
        formula=r"a_{ij} = \operatorname{softmax}_{j \le i}\left(\frac{q_i \cdot k_j}{\sqrt{d}}\right)",
        paper=VASWANI, layer=MultiHead, input="x", prepare=_heads(always_causal=True), choices=(HEADS, SEED),
        follows=("multi-head",),
        trained=("translate-transformer",),
        keras=KerasAnswer(
            "is", "MultiHeadAttention", "With use_causal_mask, which all of Keras' layers have.",
            built(call=", use_causal_mask=True"),
        ),
    ),
    Mechanism(
        "sliding-window", "Sliding-window self-attention", "self", "self",
        scores=PROJECTED, normalises="softmax within a window", over="positions at most so far away",
        query="each position, projected",
        formula=r"a_{ij} = \operatorname{softmax}_{|j - i| \le r}\left(\frac{q_i \cdot k_j}{\sqrt{d}}\right)",
        paper=BELTAGY, layer=window, input="x", prepare=_heads(),
        choices=(Choice("reach", "Reach to each side", Whole(0, 31), 2), CAUSAL, HEADS, SEED), follows=("multi-head", "causal"),
        keras=KerasAnswer(
            "is", "MultiHeadAttention", "With sliding_window, which counts the position itself; an older Keras takes a mask.",
            built(options=", sliding_window=reach + 1", call=", use_causal_mask=causal"),
        ),
    ),
    Mechanism(
        "grouped-query", "Grouped-query attention", "self", "self",
        scores=PROJECTED, normalises="softmax", over="positions; two heads share their keys", query="each position, projected",
        formula=SCALED.replace("W_k^h", r"W_k^{\lceil h/2 \rceil}").replace("W_v^h", r"W_v^{\lceil h/2 \rceil}"),
        paper=AINSLIE, layer=MultiHead, input="x", prepare=_heads(lambda heads: max(1, heads // 2)),
        choices=(replace(HEADS, default="4"), SEED), follows=("multi-head",),
        keras=KerasAnswer(
            "is", "GroupQueryAttention", "The fourth layer, of Keras 3. MultiHeadAttention does it too, with kernels repeated.",
            built(layer=GROUPED),
        ),
    ),
    Mechanism(
        "multi-query", "Multi-query attention", "self", "self",
        scores=PROJECTED, normalises="softmax", over="positions; all heads share their keys", query="each position, projected",
        formula=SCALED.replace("W_k^h", "W_k").replace("W_v^h", "W_v"),
        paper=SHAZEER, layer=MultiHead, input="x", prepare=_heads(lambda _: 1), choices=(replace(HEADS, default="4"), SEED),
        follows=("grouped-query",),
        keras=KerasAnswer("is", "GroupQueryAttention", "With one head of keys and values.", built(layer=GROUPED)),
    ),
    Mechanism(
        "sinusoids", "Sinusoidal positions", "self", "self",
        scores="(x + p) · (x' + p')", normalises="softmax", over="positions",
        query="each position, which now knows where it stands",
        formula=r"p_{t,2i} = \sin\left(t / 10000^{2i/d}\right), \quad p_{t,2i+1} = \cos\left(t / 10000^{2i/d}\right)",
        paper=VASWANI, layer=sinusoids, input="x", prepare=_sinusoids,
        choices=(Choice("amount", "Amount of position", Real(0.0, 3.0, 0.1), 1.0),),
        follows=("plain-self",), trained=("translate-transformer",),
        keras=KerasAnswer("follows", "Attention", "Positions are added to the input before any attention.", SINUSOIDS),
    ),
    Mechanism(
        "rotary", "Rotary positions", "self", "self",
        scores="turned query · turned key / √features", normalises="softmax", over="positions",
        query="each position, projected, and turned by its place",
        formula=r"s_{mn} = \frac{(R_m q_m) \cdot (R_n k_n)}{\sqrt{d}} = \frac{q_m \cdot R_{n-m} k_n}{\sqrt{d}}",
        paper=SU, layer=rotated, input="x", prepare=_rotary, choices=(SEED,), follows=("multi-head", "sinusoids"),
        keras=KerasAnswer(
            "follows", "Attention",
            "MultiHeadAttention cannot: it projects and multiplies in one go. With Attention one projects, turns, then calls.",
            ROTARY,
        ),
    ),
    Mechanism(
        "latent", "Latent attention (Perceiver)", "self", "soft",
        scores=PROJECTED, normalises="softmax", over="positions of the input", query="a small learned array",
        formula=r"Z = \operatorname{softmax}\left(\frac{L W_q (X W_k)^\top}{\sqrt{d}}\right) X W_v",
        paper=JAEGLE, layer=Latent, input="x", prepare=_latent, choices=(Choice("count", "Latents", Whole(1, 16), 3), HEADS, SEED),
        follows=("cross-attention", "learned-context"),
        keras=KerasAnswer(
            "follows", "MultiHeadAttention", "The latents are a weight of one's own, given as the query.", built(query="latents"),
        ),
    ),
    Mechanism(
        "low-rank", "Multi-head latent attention (low rank)", "self", "self",
        scores=PROJECTED, normalises="softmax", over="positions, kept as a few numbers each", query="each position, projected",
        formula=r"\operatorname{softmax}\left(\frac{X W_q^h (C W_k^h)^\top}{\sqrt{d}}\right) C W_v^h, \quad C = X D",
        paper=DEEPSEEK, layer=LowRank, input="x", prepare=_low_rank,
        choices=(Choice("rank", "Numbers kept for a position", Whole(1, 32), 2), HEADS, SEED), follows=("multi-head", "latent"),
        keras=KerasAnswer(
            "follows", "MultiHeadAttention", "The short vectors, made by a Dense layer, are given as value and key.",
            "C = x @ D\n" + built(value="C"),
        ),
    ),
)  # fmt: skip
