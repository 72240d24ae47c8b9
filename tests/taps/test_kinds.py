"""Self or cross: told by where query and key come from, the same in every run and in both kernels."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


def heads(x: Tensor) -> Tensor:
    return x.unflatten(-1, (4, -1)).transpose(1, 2)


def fused(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(heads(query), heads(key), heads(value)).transpose(1, 2).flatten(2)


def eager(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return ((heads(query) @ heads(key).mT / 2).softmax(-1) @ heads(value)).transpose(1, 2).flatten(2)


attends = pytest.mark.parametrize("attend", [fused, eager])


class Layer(nn.Module):
    def __init__(self, attend: Attend) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attend = attend
        self.query, self.key, self.value = (nn.Linear(16, 16) for _ in range(3))
        self.norms = nn.ModuleList(nn.LayerNorm(16) for _ in range(2))


class Crossing(Layer):
    """Both sides are normalised inside, and what was normalised is let go at once."""

    def forward(self, x: Tensor, media: Tensor) -> Tensor:
        query = self.query(self.norms[0](x))
        return x + self.attend(query, self.key(self.norms[1](media)), self.value(media))


class Latents(Layer):
    """arXiv:2204.14198: latents ask media and latents, one behind the other."""

    def forward(self, x: Tensor, media: Tensor) -> Tensor:
        both = torch.cat([self.norms[0](x), self.norms[1](media)], dim=1)
        return x + self.attend(self.query(x), self.key(both), self.value(both))


class Halves(Layer):
    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)
        return torch.cat([first, self.attend(self.query(first), self.key(second), self.value(second))], dim=1)


class Halves_after(Layer):  # noqa: N801
    """Projected as one, and then split by places."""

    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        query, key = self.query(x).chunk(2, dim=1)
        return torch.cat([query, self.attend(query, key, key)], dim=1)


class Narrow(Layer):
    """The key goes through a narrow latent with a nonlinearity, as in multi-head latent attention (arXiv:2405.04434)."""

    def __init__(self, attend: Attend) -> None:
        super().__init__(attend)
        self.key = nn.Sequential(nn.Linear(16, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 16))  # type: ignore[assignment]

    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        return x + self.attend(self.query(self.norms[0](x)), self.key(self.norms[1](x)), self.value(x))


class Einsums(Layer):
    """Projected with weights of (head, feature, width)."""

    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        def project(part: nn.Linear) -> Tensor:
            return torch.einsum("bpd,hde->bphe", x, part.weight.mT.unflatten(1, (4, 4)).transpose(0, 1)).flatten(2)

        return x + self.attend(project(self.query), project(self.key), project(self.value))


KINDS = [(Crossing, "soft"), (Latents, "soft"), (Halves, "soft"), (Halves_after, "soft"), (Narrow, "self"), (Einsums, "self")]


@attends
@pytest.mark.parametrize(("layer", "kind"), KINDS)
@pytest.mark.parametrize("length", [2, 6, 64])
def test_the_kind_follows_from_where_query_and_key_come_from(layer: type[Layer], kind: str, length: int, attend: Attend) -> None:
    layers = nn.ModuleList(layer(attend) for _ in range(3))
    with torch.no_grad(), record(layers) as tape:
        x, media = torch.randn(2, length, 16), torch.randn(2, length, 16)
        for one in layers:
            x = one(x, media)
    assert [m.kind for m in tape] == [kind] * 3


@attends
def test_two_patch_sizes_of_one_photo_are_two_sequences(attend: Attend) -> None:
    class Scales(Layer):
        def __init__(self, attend: Attend) -> None:
            super().__init__(attend)
            self.small, self.large = nn.Conv2d(3, 16, 4, 4), nn.Conv2d(3, 16, 8, 8)

        def forward(self, photo: Tensor) -> Tensor:
            small, large = (scale(photo).flatten(2).mT for scale in (self.small, self.large))
            return self.attend(self.query(large), self.key(small), self.value(small))

    with torch.no_grad(), record(model := Scales(attend)) as tape:
        model(torch.randn(2, 3, 16, 16))
    assert tape["Scales"].kind == "soft"


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_a_cache_of_latents_holds_places_that_the_layer_asked_from_before(implementation: str) -> None:
    import transformers as hf

    torch.manual_seed(0)
    config = hf.DeepseekV2Config(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, num_key_value_heads=4,
        q_lora_rank=12, kv_lora_rank=8, qk_rope_head_dim=4, qk_nope_head_dim=4, v_head_dim=8, n_routed_experts=4,
        num_experts_per_tok=2, moe_intermediate_size=16, first_k_dense_replace=2, pad_token_id=0,
    )  # fmt: skip
    model = hf.DeepseekV2ForCausalLM._from_config(config, attn_implementation=implementation).eval()
    ids = torch.randint(5, 40, (1, 4))
    with torch.no_grad(), record(model) as tape:
        model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=4, do_sample=False, eos_token_id=None, pad_token_id=0
        )
    assert [(m.kind, m.shape) for m in tape] == [("self", (4, 7, 7))] * 2


class OfPooled(nn.Module):
    """Queries of all places, keys of pooled ones."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.kv = nn.Linear(8, 8), nn.Linear(8, 16)

    def forward(self, x: Tensor) -> Tensor:
        k, v = self.kv(F.avg_pool1d(x.mT, 2).mT).chunk(2, -1)
        return (self.q(x) @ k.mT).softmax(-1) @ v


def test_keys_of_pooled_places_are_those_of_the_same_input() -> None:
    net = OfPooled()
    with torch.no_grad(), record(net) as tape:
        net(torch.randn(2, 6, 8))
    assert tape["OfPooled"].kind == "self"


@pytest.mark.parametrize("length", [2, 3, 6])
def test_torchs_self_attention_is_self_where_the_tokens_are_a_multiple_of_three(length: int) -> None:
    net = nn.MultiheadAttention(8, 2, batch_first=True)
    x = torch.randn(2, length, 8)
    with record(net) as tape:
        net(x, x, x, need_weights=False)
    assert next(iter(tape)).kind == "self"


class OneProjectionForTwo(nn.Module):
    """Two inputs behind each other through one projection, and the queries of one meet the keys of the other."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        both = F.linear(torch.cat([x, y]), torch.eye(8)).unflatten(-1, (2, 4)).transpose(1, 2)
        query, key = (both.contiguous() if self.training else both).chunk(2)
        return (query @ key.mT).softmax(-1) @ key


@pytest.mark.parametrize("copied", [True, False])
def test_rows_of_one_projection_apart_from_each_other_are_two_inputs(copied: bool) -> None:
    net = OneProjectionForTwo().train(copied)
    with record(net) as tape:
        net(torch.randn(3, 6, 8), torch.randn(3, 6, 8))
    assert next(iter(tape)).kind == "soft"


class OfBlocks(nn.Module):
    """Blocks of an image look at wider blocks of it: neither comes through a projection that both share."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.kv = nn.Linear(8, 8), nn.Linear(8, 16)

    def forward(self, x: Tensor) -> Tensor:
        queries = x.unflatten(3, (2, 2)).unflatten(2, (2, 2)).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, 8)
        keys = F.unfold(x, 4, stride=2, padding=1).view(len(x), 8, 16, 4).permute(0, 3, 2, 1).reshape(-1, 16, 8)
        k, v = self.kv(keys).chunk(2, -1)
        return (self.q(queries) @ k.mT).softmax(-1) @ v


def test_blocks_that_look_at_wider_blocks_of_their_image_look_at_themselves() -> None:
    net = OfBlocks()
    with torch.no_grad(), record(net) as tape:
        net(torch.randn(2, 8, 4, 4))
    assert tape["OfBlocks"].kind == "self"


class KeyFirst(nn.Module):
    """Cross-attention whose scores are keys times queries, turned; then it looks at the same memory again."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return x + ((self.k(memory) @ self.q(x).mT).mT.softmax(-1) @ self.v(memory))


def test_what_attention_gives_stands_at_its_queries_also_where_keys_come_first_in_the_product() -> None:
    net = nn.ModuleList((KeyFirst(), KeyFirst()))
    model = nn.Module()
    model.layers = net
    model.forward = lambda x, memory: net[1](net[0](x, memory), memory)  # type: ignore[method-assign]
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(2, 5, 8), torch.randn(2, 5, 8))
    assert [m.kind for m in tape] == ["soft", "soft"]


class BothWays(nn.Module):
    """Two texts align with each other, by one matrix of scores."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        scores = x @ y.mT
        return (scores.softmax(2) @ y).sum(1) + (scores.softmax(1).mT @ x).sum(1)


def test_two_texts_that_look_at_each_other_in_one_layer_are_no_cache() -> None:
    net = BothWays()
    with record(net) as tape:
        net(torch.randn(2, 5, 8), torch.randn(2, 4, 8))
    assert [m.kind for m in tape] == ["soft", "soft"]


class Bare(nn.Module):
    """Attention without any projection, as in the first lines of tutorials; states of recurrent cells and embeddings before it."""

    def __init__(self, before: str) -> None:
        super().__init__()
        makes = {"nothing": nn.Identity, "a GRU": lambda: nn.GRU(8, 8, batch_first=True), "embeddings": lambda: nn.Embedding(9, 8)}
        self.one, self.two = makes[before](), makes[before]()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        query, key = (found[0] if isinstance(found, tuple) else found for found in (self.one(x), self.two(y)))
        return (query @ key.mT).softmax(-1) @ key


@pytest.mark.parametrize("before", ["nothing", "a GRU", "embeddings"])
@pytest.mark.parametrize("same", [True, False])
def test_two_inputs_of_one_length_are_two_without_any_projection(before: str, same: bool) -> None:
    def given() -> Tensor:
        return torch.randint(0, 9, (2, 5)) if before == "embeddings" else torch.randn(2, 5, 8)

    x = given()
    net = Bare(before)
    with record(net) as tape:
        net(x, x if same else given())
    assert tape["Bare"].kind == ("self" if same else "soft")


class Seq2Seq(nn.Module):
    """A decoder that begins with the encoder's last state, and whose states look at the encoder's."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(20, 8), nn.Embedding(20, 8)
        made = nn.LSTM if kind == "lstm" else nn.GRU
        self.encoder = made(8, 8, batch_first=True)
        self.decoder = nn.GRUCell(8, 8) if kind == "cell" else made(8, 8, batch_first=True)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        states, last = self.encoder(self.source(source))
        words = self.target(target)
        if isinstance(self.decoder, nn.GRUCell):
            state, found = last[0], []
            for word in words.unbind(1):
                state = self.decoder(word, state)
                found.append(state)
            asking = torch.stack(found, 1)
        else:
            asking, _ = self.decoder(words, last)
        return (asking @ states.mT).softmax(-1) @ states


@pytest.mark.parametrize("kind", ["gru", "lstm", "cell"])
@pytest.mark.parametrize("gradients", [True, False])
def test_a_recurrent_decoder_looks_at_the_encoder_and_not_at_itself(kind: str, gradients: bool) -> None:
    """As many target as source tokens, and the first state comes from the encoder: it is cross-attention all the same."""
    ids = torch.randint(0, 20, (2, 5))
    with torch.set_grad_enabled(gradients), record(model := Seq2Seq(kind)) as tape:
        model(ids, ids.flip(1))
    assert [m.kind for m in tape] == ["soft"]


def test_states_of_one_recurrent_net_look_at_each_other() -> None:
    class States(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.query, self.key = nn.GRU(8, 8, batch_first=True), nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x: Tensor) -> Tensor:
            states, _ = self.net(x)
            return F.scaled_dot_product_attention(self.query(states), self.key(states), states)

    with torch.no_grad(), record(model := States()) as tape:
        model(torch.randn(2, 5, 8))
    assert [m.kind for m in tape] == ["self"]


class ScaledQuery(nn.Module):
    """No projection, a query that is scaled first, and scores kept finite by a maximum of two tensors, as XGLM does."""

    def forward(self, x: Tensor) -> Tensor:
        scores = (x * 0.5) @ x.mT
        return torch.max(scores, torch.tensor(-1e4)).softmax(-1) @ x


def test_a_scaled_query_is_of_its_input_and_a_maximum_of_two_tensors_keeps_scores() -> None:
    net = ScaledQuery()
    x = torch.randn(2, 5, 8)
    with record(net) as tape:
        net(x)
    assert tape["ScaledQuery"].kind == "self"
    torch.testing.assert_close(torch.tensor(tape.example(1)["ScaledQuery"].dense()[0]), (x[1] * 0.5 @ x[1].T).softmax(-1))
