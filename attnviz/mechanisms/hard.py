"""The family of hard attention: one key is picked, and nothing else is read."""

from typing import Any

import torch

from attnviz.layers.attend import AttendGumbel, AttendHard, AttendPicks
from attnviz.layers.hard import HardChoice, HardPicks, gumbel
from attnviz.mechanisms.arrays import batch, labels, matrix, tensors, vector
from attnviz.mechanisms.inputs import Vectors
from attnviz.mechanisms.mechanism import SEED, UNTRAINED, KerasAnswer, Mechanism, Prepared, seeded
from attnviz.mechanisms.papers import JANG, LEI, XU
from attnviz.mechanisms.scoring import TEMPERATURE
from attnviz.state import Choice, Whole

DRAW = Choice("draw", "Seed of the draw", Whole(0, 99), 0)


def _arrays(inputs: Vectors) -> dict[str, Any]:
    return {"query": batch(inputs.query), "key": batch(inputs.key), "value": batch(inputs.value)}


def _choice(inputs: Vectors, temperature: float, draw: float | None = None) -> Prepared:
    """The most probable key, or with a seed to draw from a sampled one."""
    layer, arrays = AttendHard(inputs.query.shape[1], inputs.key.shape[1]), _arrays(inputs)
    options: dict[str, Any] = {"temperature": temperature, "sample": draw is not None}
    picked: dict[str, Any] = {}
    if draw is not None:
        options["generator"] = torch.Generator().manual_seed(int(draw))
        query, key, _ = tensors(*arrays.values())
        again = torch.Generator().manual_seed(int(draw))
        choice, _ = layer.pick(layer.scores(query, key) / temperature, sample=True, generator=again)
        picked = {"picked": choice.argmax(-1).numpy()}
    names = {**arrays, "temperature": temperature, **picked}
    return Prepared(layer, tensors(*arrays.values()), options, names, labels(inputs), first="choice")


def _gumbel(inputs: Vectors, temperature: float, draw: float) -> Prepared:
    layer, arrays = AttendGumbel(inputs.query.shape[1], inputs.key.shape[1]), _arrays(inputs)
    shape = (1, len(inputs.query), len(inputs.key))
    noise = gumbel(torch.zeros(shape), torch.Generator().manual_seed(int(draw))).numpy()
    return Prepared(
        layer, tensors(*arrays.values()), {"temperature": temperature, "generator": torch.Generator().manual_seed(int(draw))},
        {**arrays, "temperature": temperature, "noise": noise}, labels(inputs), first="choice",
    )  # fmt: skip


def _picks(inputs: Vectors, draw: float, seed: float) -> Prepared:
    x = batch(inputs.query)
    layer = seeded(AttendPicks(x.shape[-1]), seed)
    chance = torch.rand(x.shape[:2], generator=torch.Generator().manual_seed(int(draw))).numpy()
    return Prepared(
        layer, tensors(x), {"sample": True, "generator": torch.Generator().manual_seed(int(draw))},
        {"x": x, "w": matrix(layer.scores)[:, 0], "b": vector(layer.scores.bias), "chance": chance},
        {"key": inputs.rows}, (UNTRAINED,), first="picks",
    )  # fmt: skip


SCORES = "scores = query @ np.swapaxes(key, 1, 2) / np.sqrt(query.shape[-1])\n"

SAMPLED = (
    SCORES + "odds = keras.ops.softmax(scores / temperature)\n"
    "# picked: (1, query), drawn from the odds, as keras.random.categorical(keras.ops.log(odds[0]), 1) would, with other chance\n"
    "weights = keras.ops.one_hot(picked, key.shape[1])\n"
    "output = keras.ops.matmul(weights, value)"
)

PICKS = """odds = keras.ops.sigmoid(x @ w + b)  # chance: one number from 0 to 1 for each step
weights = keras.ops.cast(keras.ops.greater(odds, chance), "float32")
output = keras.ops.multiply(x, weights[..., None])"""

GUMBEL = (
    SCORES + "# noise: -log(-log(chance)), one number for each query and key\n"
    "soft = keras.ops.softmax((scores + noise) / temperature)\n"
    "weights = keras.ops.one_hot(keras.ops.argmax(soft, axis=-1), key.shape[1])\n"
    "output = keras.ops.matmul(soft + keras.ops.stop_gradient(weights - soft), value)"
)

ARGMAX = """# scores a million times as large: the softmax has one 1, as far as float32 can tell
query = query * 1e6 / np.sqrt(query.shape[-1])
output, weights = keras.layers.Attention()([query, value, key], return_attention_scores=True)"""

HARD = (
    Mechanism(
        "categorical", "Hard attention, sampled", "hard", "hard",
        scores="any; here the scaled dot product", normalises="softmax, then one key is drawn: one 1 among zeros", over="keys",
        query="any vector", formula=r"j_i \sim \operatorname{softmax}_j\left(s_{ij} / \tau\right), \qquad c_i = v_{j_i}",
        paper=XU, layer=HardChoice, input="query-key-value", prepare=_choice, choices=(TEMPERATURE, DRAW), follows=("scaled-dot",),
        keras=KerasAnswer(
            "cannot", "Attention", "Keras' layers draw nothing: the same input gives the same mixture of all values every time.",
            SAMPLED,
        ),
    ),
    Mechanism(
        "argmax", "Hard attention, the largest score", "hard", "hard",
        scores="any; here the scaled dot product", normalises="one 1 at the largest score", over="keys", query="any vector",
        formula=r"j_i = \arg\max_j s_{ij}, \qquad c_i = v_{j_i}",
        paper=XU, layer=HardChoice, input="query-key-value", prepare=lambda inputs: _choice(inputs, 1.0),
        follows=("masked-softmax", "categorical"),
        keras=KerasAnswer(
            "follows", "Attention", "As the limit of a temperature near 0; but no gradient reaches the scores then.", ARGMAX,
        ),
    ),
    Mechanism(
        "bernoulli", "Hard attention, each step on its own", "hard", "hard",
        scores="w · x + b", normalises="sigmoid, then each step is picked or not", over="steps, each on its own", query="nobody",
        formula=r"z_t \sim \operatorname{Bernoulli}\left(\sigma(w \cdot x_t + b)\right), \qquad y_t = z_t\, x_t",
        paper=LEI, layer=HardPicks, input="x", prepare=_picks, choices=(DRAW, SEED), follows=("categorical",),
        trained=("sentiment-hard",),
        keras=KerasAnswer(
            "cannot", "Attention", "Keras' layers draw nothing, and share 1 among keys; here any number is picked.", PICKS,
        ),
    ),
    Mechanism(
        "gumbel", "Straight-through Gumbel", "hard", "hard",
        scores="any plus Gumbel noise; here the scaled dot product",
        normalises="forward one 1, backward a softmax at a temperature",
        over="keys", query="any vector",
        formula=r"a_{ij} = \operatorname{softmax}_j\left(\frac{s_{ij} + g_{ij}}{\tau}\right), \quad g = -\log(-\log u), \quad "
        r"c_i = v_{\arg\max_j a_{ij}}",
        paper=JANG, layer=AttendGumbel, input="query-key-value", prepare=_gumbel, choices=(TEMPERATURE, DRAW),
        follows=("categorical", "masked-softmax"),
        keras=KerasAnswer(
            "cannot", "Attention", "Keras' layers add no noise to scores, and choose nothing hard forward and soft backward.",
            GUMBEL,
        ),
    ),
)  # fmt: skip
