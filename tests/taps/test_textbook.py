"""Attention as textbooks and tutorials write it, against the weights that the module worked out itself; and what is none."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import NothingRecorded
from attnviz.maps import tolerance

STATES = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(0))
HIDDEN = torch.randn(3, 8, generator=torch.Generator().manual_seed(1))
QUERIES = torch.randn(3, 4, 8, generator=torch.Generator().manual_seed(2))
Function = Callable[..., Tensor]


class Reader(nn.Module):
    """Scores of a hidden state, or of several queries, and states; weights of these; and how they meet the states."""

    def __init__(self, scores: Function, weights: Function, context: Function) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.w, self.u, self.both = nn.Linear(8, 8), nn.Linear(8, 8, bias=False), nn.Linear(16, 8)
        self.v = nn.Linear(8, 1, bias=False)
        self.scores, self.weights, self.context = scores, weights, context

    def forward(self, hidden: Tensor, states: Tensor) -> Tensor:
        self.own = self.weights(self.scores(self, hidden, states))
        return self.context(self.own, states)


def concatenated(m: Reader, h: Tensor, s: Tensor) -> Tensor:
    beside = torch.cat([h[:, None].repeat(1, s.shape[1], 1), s], -1)
    return m.v(m.both(beside).tanh()).squeeze(-1)


# (batch, source) scores of a hidden state (batch, feature) and of states (batch, source, feature)
SCORES: dict[str, Function] = {
    "dot": lambda _, h, s: torch.bmm(s, h.unsqueeze(2)).squeeze(2),
    "dot, one by one": lambda _, h, s: (h[:, None] * s).sum(-1),
    "dot by einsum": lambda m, h, s: torch.einsum("bd,btd->bt", m.w(h), s),
    "general": lambda m, h, s: (m.u(s) @ h.unsqueeze(-1))[..., 0],
    "additive": lambda m, h, s: m.v(torch.tanh(m.w(h).unsqueeze(1) + m.u(s))).squeeze(2),
    "additive, a sum of features": lambda m, h, s: (m.v.weight * torch.tanh(m.w(h)[:, None] + m.u(s))).sum(-1),
    "concatenated": concatenated,
    "cosine": lambda m, h, s: F.cosine_similarity(m.w(h)[:, None], s, dim=-1) * 3,
}
# what becomes of the scores
WEIGHTS: dict[str, Function] = {
    "over axis 1": lambda s: s.softmax(1),
    "written out": lambda s: s.exp() / s.exp().sum(-1, keepdim=True),
    "of logarithms": lambda s: s.log_softmax(-1).exp(),
    "in an axis of its own": lambda s: F.softmax(s[:, None], -1).squeeze(1),
    "in float64 and back": lambda s: s.double().softmax(-1).type(s.dtype).clone().detach(),
    "clipped and shifted": lambda s: torch.subtract(s.clip(-3, 3), s.amax(-1, keepdim=True)).softmax(-1),
    "divided in place": lambda s: s.exp().div_(s.exp().sum(-1, keepdim=True)),
}
CONTEXTS: dict[str, Function] = {
    "bmm": lambda w, s: torch.bmm(w.unsqueeze(1), s).squeeze(1),
    "states first": lambda w, s: (s.mT @ w[..., None]).squeeze(-1),
    "a weighted sum": lambda w, s: (w.unsqueeze(-1) * s).sum(1),
    "torch.sum": lambda w, s: torch.sum(s * w[:, :, None], dim=1),
    "einsum": lambda w, s: torch.einsum("bt,btd->bd", w, s),
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_attention_of_a_hidden_state_is_a_map_of_one_query(scores: Function, weights: Function, context: Function) -> None:
    model = Reader(scores, weights, context)
    with torch.no_grad():
        plain = model(HIDDEN, STATES)
        with record(model) as tape:
            output = model(HIDDEN, STATES)
    assert torch.equal(output, plain)
    assert (tape.layers, tape.batch, tape.refused) == (("Reader",), 3, ())
    for example in range(3):
        m = tape.example(example)["Reader"]
        assert (m.kind, m.norm, m.axes, m.shape) == ("soft", "softmax", ("head", "query", "key"), (1, 1, 6))
        np.testing.assert_allclose(m.dense()[0, 0], model.own[example], atol=1e-6)


# (batch, query, key) scores of queries and states
PAIRS: dict[str, Function] = {
    "additive": lambda m, q, s: m.v((m.w(q).unsqueeze(2) + m.u(s).unsqueeze(1)).tanh()).squeeze(-1),
    "additive, keys first": lambda m, q, s: m.v((m.u(s)[:, :, None] + m.w(q)[:, None]).tanh())[..., 0].mT,
    "a sum of two numbers": lambda m, q, s: F.leaky_relu(m.v(q) + m.v(m.u(s)).mT),
    "distances": lambda m, q, s: -torch.cdist(m.w(q), m.u(s)),
}


@pytest.mark.parametrize("scores", PAIRS.values(), ids=PAIRS)
def test_attention_by_a_sum_of_query_and_key_is_recorded(scores: Function) -> None:
    model = Reader(scores, lambda s: s.softmax(-1), torch.bmm)
    with torch.no_grad(), record(model) as tape:
        model(QUERIES, STATES)
    m = tape.example(2)["Reader"]
    assert (m.kind, m.shape) == ("soft", (1, 4, 6))
    np.testing.assert_allclose(m.dense()[0], model.own[2], atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sums_in_half_precision_may_miss_one_by_its_rounding(dtype: torch.dtype) -> None:
    model = Reader(lambda m, q, s: 6 * (m.w(q) @ s.mT), lambda s: s.softmax(-1), torch.bmm).to(dtype)
    states = torch.randn(3, 300, 8).to(dtype)
    with torch.no_grad(), record(model) as tape:
        model(QUERIES.to(dtype), states)
    m = tape.example(1)["Reader"]
    assert m.receipt is not None
    assert m.receipt.precision == str(dtype).removeprefix("torch.")
    assert np.array_equal(m.at_head(0).dense(), model.own[1].float())
    assert m.receipt.row_sum_error is not None
    assert m.receipt.row_sum_error <= tolerance(m.receipt.precision, 300)


def test_the_tolerance_follows_from_epsilon_and_length() -> None:
    assert tolerance("float32", 10_000) == 2e-3
    assert tolerance("bfloat16", 0) == 2 * torch.finfo(torch.bfloat16).eps
    assert tolerance("float16", 2**16) == (2 + 4) * torch.finfo(torch.float16).eps


# what is done with scores that may be all -inf
BLIND: dict[str, Function] = {
    "softmax": lambda s: s.softmax(-1),
    "softmax of a shift": lambda s: (s - s.amax(-1, keepdim=True)).softmax(-1),
    "and zeros for what is not a number": lambda s: s.softmax(-1).nan_to_num(0),
    "divided again": lambda s: s.softmax(-1) / s.softmax(-1).sum(-1, keepdim=True),
}


@pytest.mark.parametrize("weights", BLIND.values(), ids=BLIND)
@pytest.mark.parametrize("blind", [(slice(None), 1), (2, slice(None))])
def test_a_query_that_may_look_at_nothing_has_a_row_of_zeros(weights: Function, blind: tuple[object, ...]) -> None:
    mask = torch.zeros(3, 4, 6, dtype=torch.bool)
    mask[blind] = True
    model = Reader(lambda m, q, s: (m.w(q) @ s.mT).masked_fill(mask, -torch.inf), weights, torch.bmm)
    with torch.no_grad(), record(model) as tape:
        model(QUERIES, STATES)
    for example in range(3):
        np.testing.assert_allclose(tape.example(example)["Reader"].dense()[0], model.own[example].nan_to_num(0), atol=1e-6)


CENTRES = nn.Parameter(torch.randn(3, 8, generator=torch.Generator().manual_seed(3)))


def apart_by_nearness(apart: Tensor) -> Tensor:
    return (apart * (-(apart**2).sum(-1)).softmax(-1)[..., None]).sum(2)


def pseudo_inverse(m: nn.Module, x: Tensor) -> Tensor:
    q = m.q(x)
    marks = q[:, ::2]
    first, middle = (q @ marks.mT).softmax(-1), (marks @ marks.mT).softmax(-1)
    inverse = middle.mT / middle.sum(-2).amax()
    for _ in range(2):
        inverse = 2 * inverse - inverse @ middle @ inverse
    return first @ inverse @ marks


# what has a softmax over something else than places that a query looks at
NONE: dict[str, Function] = {
    "experts": lambda m, x: torch.einsum("bte,bted->btd", m.three(x).softmax(-1), torch.stack([m.q(x), m.k(x), x], 2)),
    "slots": lambda _, x: (x @ CENTRES.mT).softmax(1).mT @ x,
    "a learned context": lambda m, x: (m.one(m.q(x).tanh()).softmax(1) * x).sum(1),
    "centres": lambda _, x: apart_by_nearness(x.unsqueeze(2) - CENTRES),
    "linear attention": lambda m, x: m.q(x).softmax(-1) @ (m.k(x).softmax(1).mT @ x),
    "attention without a softmax": lambda m, x: m.q(x) @ m.k(x).mT @ x / x.shape[1],
    "a pseudo-inverse": pseudo_inverse,
    "a softmax over the queries": lambda m, x: (m.q(x) @ m.k(x).mT).softmax(1) @ x,
    "a contrast": lambda m, x: x * (m.q(x) @ m.k(x).mT).softmax(-1).diagonal(dim1=1, dim2=2)[..., None],
}


@pytest.mark.parametrize("function", NONE.values(), ids=NONE)
def test_what_is_no_attention_of_that_shape_is_neither_listed_nor_refused(function: Function) -> None:
    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.q, self.k, self.one, self.three = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 1), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return function(self, x)

    model, found = Layer(), []
    with torch.no_grad():
        with pytest.raises(NothingRecorded), record(model):
            found.append(model(STATES))
        assert torch.equal(found[0], model(STATES))


def test_what_follows_dropout_is_recorded_as_it_was_before() -> None:
    def context(weights: Tensor, states: Tensor) -> Tensor:
        return F.dropout(weights, 0.5).unsqueeze(1).transpose(0, 1).transpose(0, 1) @ states

    model = Reader(SCORES["general"], lambda s: s.softmax(-1), context)
    with torch.no_grad(), record(model) as tape:
        model(HIDDEN, STATES)
    np.testing.assert_allclose(tape.example(2)["Reader"].dense()[0, 0], model.own[2], atol=1e-6)
