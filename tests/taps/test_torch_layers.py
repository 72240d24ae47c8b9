"""torch.nn's own attention layers, captured through the kernel that they call."""

import numpy as np
import pytest
import torch
from torch import nn

from attnviz import record

X = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))
PADDING = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])


def attention(seed: int = 0, **options: object) -> nn.MultiheadAttention:
    torch.manual_seed(seed)
    return nn.MultiheadAttention(16, 4, batch_first=True, **options).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_multihead_attention_without_weights_is_captured(grad: bool, padded: bool) -> None:
    model = attention()
    mask = PADDING if padded else None
    with torch.set_grad_enabled(grad), record(model) as tape:
        model(X, X, X, key_padding_mask=mask, need_weights=False)
    _, expected = model(X, X, X, key_padding_mask=mask, need_weights=True, average_attn_weights=False)
    assert tape.layers == ("MultiheadAttention",)
    assert tape.batch == 2
    for i in range(2):
        np.testing.assert_allclose(tape.example(i)["MultiheadAttention"].dense(), expected[i].detach(), atol=1e-6)


def test_multihead_attention_with_a_causal_mask_is_captured() -> None:
    model = attention()
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    with record(model) as tape:
        model(X, X, X, attn_mask=mask, need_weights=False, is_causal=True)
    _, expected = model(X, X, X, attn_mask=mask, average_attn_weights=False)
    np.testing.assert_allclose(tape["MultiheadAttention"].dense(), expected[0].detach(), atol=1e-6)


def test_cross_attention_is_captured_as_soft_attention() -> None:
    model, memory = attention(), torch.randn(2, 7, 16)
    with record(model) as tape:
        model(X, memory, memory, need_weights=False)
    _, expected = model(X, memory, memory, average_attn_weights=False)
    m = tape["MultiheadAttention"]
    assert m.kind == "soft"
    np.testing.assert_allclose(m.dense(), expected[0].detach(), atol=1e-6)


def test_the_output_of_multihead_attention_is_the_same_to_the_last_bit() -> None:
    model = attention().train()
    plain, _ = model(X, X, X, need_weights=False)
    with record(model):
        recorded, _ = model(X, X, X, need_weights=False)
    assert torch.equal(plain, recorded)


def encoder() -> nn.TransformerEncoder:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()


def by_layer(model: nn.TransformerEncoder) -> list[np.ndarray]:
    """The weights of each layer, asked of each on its own."""
    x, found = X, []
    for layer in model.layers:
        _, weights = layer.self_attn(x, x, x, key_padding_mask=PADDING, average_attn_weights=False)
        found.append(weights.detach().numpy())
        x = layer(x, src_key_padding_mask=PADDING)
    return found


@pytest.mark.parametrize("grad", [True, False])
def test_a_transformer_encoder_is_captured_also_where_torch_has_a_fast_path(grad: bool) -> None:
    model = encoder()
    with torch.set_grad_enabled(grad), record(model) as tape:
        output = model(X, src_key_padding_mask=PADDING)
    assert tape.layers == ("layers.0.self_attn", "layers.1.self_attn")
    for m, expected in zip(tape.example(1), by_layer(model), strict=True):
        np.testing.assert_allclose(m.dense(), expected[1], atol=1e-5)
    with torch.set_grad_enabled(grad):
        plain = model(X, src_key_padding_mask=PADDING)
    torch.testing.assert_close(output[~PADDING], plain[~PADDING], atol=1e-5, rtol=0)


def test_a_transformer_decoder_tells_its_own_words_from_the_memory() -> None:
    torch.manual_seed(0)
    model = nn.TransformerDecoder(nn.TransformerDecoderLayer(16, 4, 32, batch_first=True), 1).eval()
    with record(model) as tape:
        model(X, torch.randn(2, 3, 16))
    assert [(m.layer, m.kind, m.shape) for m in tape] == [
        ("layers.0.self_attn", "self", (4, 5, 5)),
        ("layers.0.multihead_attn", "soft", (4, 5, 3)),
    ]


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_multihead_attention_with_weights_is_captured_once(average: bool, batch_first: bool) -> None:
    torch.manual_seed(0)
    model = nn.MultiheadAttention(16, 4, batch_first=batch_first).eval()
    x = X if batch_first else X.transpose(0, 1)
    with record(model) as tape:
        output, _ = model(x, x, x, key_padding_mask=PADDING, average_attn_weights=average)
    plain, expected = model(x, x, x, key_padding_mask=PADDING, average_attn_weights=False)
    assert tape.layers == ("MultiheadAttention",)
    assert torch.equal(output, plain)
    for i in range(2):
        np.testing.assert_allclose(tape.example(i)["MultiheadAttention"].dense(), expected[i].detach(), atol=1e-6)


def test_nested_recordings_both_capture_attention_with_weights() -> None:
    model = attention()
    with record(model) as outer, record(model) as inner:
        model(X, X, X)
    assert np.array_equal(outer["MultiheadAttention"].dense(), inner["MultiheadAttention"].dense())
    assert len(outer) == len(inner) == 1


def test_attention_of_one_sequence_without_a_batch_is_captured() -> None:
    model = attention()
    for need_weights in (True, False):
        with record(model) as tape:
            model(X[0], X[0], X[0], need_weights=need_weights)
        _, expected = model(X[0], X[0], X[0], average_attn_weights=False)
        np.testing.assert_allclose(tape["MultiheadAttention"].dense(), expected.detach(), atol=1e-6)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_transformer_encoder_with_nested_tensors_is_captured() -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=True).eval()
    with torch.no_grad(), record(model) as tape:
        output = model(X, src_key_padding_mask=PADDING)
    for m, expected in zip(tape.example(1), by_layer(model), strict=True):
        np.testing.assert_allclose(m.dense(), expected[1], atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(output[~PADDING], model(X, src_key_padding_mask=PADDING)[~PADDING], atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [4, 5])
def test_a_whole_transformer_tells_its_attentions_apart_also_where_lengths_agree(length: int) -> None:
    torch.manual_seed(0)
    model = nn.Transformer(16, 4, 1, 1, 32, batch_first=True).eval()
    with record(model) as tape:
        model(X, torch.randn(2, length, 16), tgt_mask=nn.Transformer.generate_square_subsequent_mask(length), tgt_is_causal=True)
    assert [(m.layer, m.kind, m.shape) for m in tape] == [
        ("encoder.layers.0.self_attn", "self", (4, 5, 5)),
        ("decoder.layers.0.self_attn", "self", (4, length, length)),
        ("decoder.layers.0.multihead_attn", "soft", (4, length, 5)),
    ]
    assert np.triu(tape["decoder.layers.0.self_attn"].dense(), 1).max() == 0
