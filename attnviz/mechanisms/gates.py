"""The family of feature maps: gates of channels and places, and places that ask each other."""

from typing import Any

import numpy as np

from attnviz.layers.cbam import ChannelGate, SpatialGate
from attnviz.layers.eca import ECA
from attnviz.layers.non_local import NonLocal
from attnviz.layers.squeeze_excitation import SqueezeExcitation
from attnviz.mechanisms.arrays import batch, matrix, tensors, vector
from attnviz.mechanisms.inputs import FeatureMap
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Prepared, seeded
from attnviz.mechanisms.papers import HU, WANG_ECA, WANG_NON_LOCAL, WOO
from attnviz.state import Choice, OneOf, Whole

REDUCTION = Choice("reduction", "Channels for one hidden unit", Whole(1, 8), 2)


def _of(inputs: FeatureMap, layer: Any, names: dict[str, Any], labels: dict[str, tuple[str, ...]] | None = None) -> Prepared:
    """`x` is channels-last, as Keras has it."""
    features = batch(inputs.features)
    given = {"x": np.ascontiguousarray(features.transpose(0, 2, 3, 1)), **names}
    return Prepared(layer, tensors(features), names=given, labels=labels or {}, notes=(UNTRAINED,))


def _mlp(layer: Any) -> dict[str, Any]:
    first, _, second = layer.mlp
    return {"W1": matrix(first), "b1": vector(first.bias), "W2": matrix(second), "b2": vector(second.bias)}


def _narrowed(channels: int, reduction: float) -> int:
    return min(channels, int(reduction))


def _squeeze(inputs: FeatureMap, reduction: float, seed: float) -> Prepared:
    channels = len(inputs.features)
    layer = seeded(SqueezeExcitation(channels, _narrowed(channels, reduction)), seed)
    return _of(inputs, layer, _mlp(layer), {"channel": inputs.channels})


def _channel(inputs: FeatureMap, reduction: float, seed: float) -> Prepared:
    channels = len(inputs.features)
    layer = seeded(ChannelGate(channels, _narrowed(channels, reduction)), seed)
    return _of(inputs, layer, _mlp(layer), {"channel": inputs.channels})


def _eca(inputs: FeatureMap, seed: float) -> Prepared:
    layer = seeded(ECA(len(inputs.features)), seed)
    kernel = vector(layer.conv.weight).transpose(2, 1, 0).copy()
    return _of(inputs, layer, {"kernel": kernel}, {"channel": inputs.channels})


def _spatial(inputs: FeatureMap, size: float, seed: float) -> Prepared:
    layer = seeded(SpatialGate(int(size)), seed)
    kernel = vector(layer.conv.weight).transpose(2, 3, 1, 0).copy()
    bias: Any = layer.conv.bias
    return _of(inputs, layer, {"kernel": kernel, "b": vector(bias)})


def _non_local(inputs: FeatureMap, reduction: float, seed: float) -> Prepared:
    channels, rows, columns = inputs.features.shape
    layer = seeded(NonLocal(channels, _narrowed(channels, reduction)), seed)
    learned: list[Any] = []
    for part in (layer.theta, layer.phi, layer.g):
        learned += [matrix(part)[:, None], vector(part.bias)[None]]
    learned += [matrix(layer.out)[None], vector(layer.out.bias)]
    places = tuple(f"{row}, {column}" for row in range(rows) for column in range(columns))
    names = {"learned": learned, "features": layer.theta.out_features}
    return _of(inputs, layer, names, {"query": places, "key": places})


MLP = """def dense(x, W, b, activation=None):
    layer = keras.layers.Dense(len(b), activation)
    layer.build(x.shape)
    layer.set_weights([W, b])
    return layer(x)

"""
AVERAGE = "keras.layers.GlobalAveragePooling2D()(x)"
MAXIMUM = "keras.layers.GlobalMaxPooling2D()(x)"
GATED = """
y = keras.layers.Multiply()([x, gate])
output = keras.ops.transpose(y, (0, 3, 1, 2))  # channels first, as here"""
SQUEEZE = f"""{MLP}hidden = dense({AVERAGE}, W1, b1, "relu")
gate = dense(hidden, W2, b2, "sigmoid")[:, None, None]{GATED}"""
ECA_CALL = f"""layer = keras.layers.Conv1D(1, len(kernel), padding="same", use_bias=False, activation="sigmoid")
layer.build((None, None, 1))
layer.set_weights([kernel])
averages = {AVERAGE}
gate = layer(averages[..., None])[:, None, None, :, 0]{GATED}"""
CHANNEL = f"""{MLP}average, maximum = {AVERAGE}, {MAXIMUM}
gate = keras.ops.sigmoid(sum(dense(dense(z, W1, b1, "relu"), W2, b2) for z in (average, maximum)))[:, None, None]{GATED}"""
SPATIAL = f"""summary = np.stack([x.mean(-1), x.max(-1)], axis=-1)
layer = keras.layers.Conv2D(1, len(kernel), padding="same", activation="sigmoid")
layer.build(summary.shape)
layer.set_weights([kernel, b])
gate = layer(summary){GATED}"""
NO_QUERY = (
    "A gate has no query and shares nothing with its neighbours: sigmoids, where Keras' attention layers have a softmax over keys."
)

GATES = (
    Mechanism(
        "squeeze-excitation", "Squeeze-and-excitation", "gates", "channel",
        scores="MLP of the channels' averages", normalises="sigmoid", over="channels, each on its own", query="the whole image",
        formula=r"y_c = \sigma\left(W_2\, \operatorname{relu}(W_1 z)\right)_c x_c, \quad z_c = \operatorname{mean}_{hw} x_{chw}",
        paper=HU, layer=SqueezeExcitation, input="feature-map", prepare=_squeeze, choices=(REDUCTION, SEED),
        trained=("cifar-se",),
        keras=KerasAnswer("cannot", "", NO_QUERY, SQUEEZE),
    ),
    Mechanism(
        "eca", "Efficient channel attention", "gates", "channel",
        scores="convolution over neighbouring channels' averages", normalises="sigmoid", over="channels, each on its own",
        query="the whole image",
        formula=r"y_c = \sigma\Big(\sum\nolimits_{i} w_i\, z_{c+i}\Big)\, x_c, "
        r"\quad k = \left|\tfrac{\log_2 C + 1}{2}\right|_{\text{odd}}",
        paper=WANG_ECA, layer=ECA, input="feature-map", prepare=_eca, choices=(SEED,), follows=("squeeze-excitation",),
        trained=("cifar-eca",),
        keras=KerasAnswer(
            "cannot", "", NO_QUERY, ECA_CALL
        ),
    ),
    Mechanism(
        "cbam-channel", "CBAM, channels", "gates", "channel",
        scores="MLP of averages plus MLP of maxima", normalises="sigmoid", over="channels, each on its own",
        query="the whole image",
        formula=r"y_c = \sigma\left(\operatorname{MLP}(\operatorname{mean}_{hw} x) "
        r"+ \operatorname{MLP}(\max\nolimits_{hw} x)\right)_c x_c",
        paper=WOO, layer=ChannelGate, input="feature-map", prepare=_channel, choices=(REDUCTION, SEED),
        follows=("squeeze-excitation",), trained=("cifar-cbam",),
        keras=KerasAnswer("cannot", "", NO_QUERY, CHANNEL),
    ),
    Mechanism(
        "cbam-spatial", "CBAM, places", "gates", "spatial",
        scores="convolution of average and maximum over channels", normalises="sigmoid", over="places, each on its own",
        query="the neighbourhood of a place",
        formula=r"y_{hw} = \sigma\left(K * [\operatorname{mean}_c x;\, \max\nolimits_c x]\right)_{hw}\, x_{hw}",
        paper=WOO, layer=SpatialGate, input="feature-map", prepare=_spatial,
        choices=(Choice("size", "Side of the kernel", OneOf((1, 3, 5, 7)), 7), SEED), follows=("cbam-channel",),
        trained=("cifar-cbam",),
        keras=KerasAnswer(
            "cannot", "", NO_QUERY,
            SPATIAL,
        ),
    ),
    Mechanism(
        "non-local", "Non-local block", "gates", "self",
        scores="θ(x) · φ(x) / √features", normalises="softmax", over="places of the feature map", query="each place",
        formula=r"y_i = x_i + W_z \sum_j \operatorname{softmax}_j\left(\frac{\theta(x_i) \cdot \phi(x_j)}{\sqrt{d}}\right) g(x_j)",
        paper=WANG_NON_LOCAL, layer=NonLocal, input="feature-map", prepare=_non_local, choices=(REDUCTION, SEED),
        follows=("multi-head",), trained=("cifar-nonlocal",),
        keras=KerasAnswer(
            "follows", "MultiHeadAttention", "One head with attention_axes over rows and columns; the input is added behind it.",
            "layer = keras.layers.MultiHeadAttention(1, features, attention_axes=(1, 2))\n"
            "layer.build(x.shape, x.shape)\n"
            "layer.set_weights(learned)\n"
            "mixed, weights = layer(x, x, return_attention_scores=True)\n"
            "y = keras.layers.Add()([x, mixed])\n"
            "output = keras.ops.transpose(y, (0, 3, 1, 2))  # channels first, as here",
        ),
    ),
)  # fmt: skip
