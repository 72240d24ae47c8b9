"""Translators: at once and step by step alike, padding without effect, and the Transformer against torch.nn's."""

import pytest
import torch
from torch import nn

from attnviz import record
from attnviz.nets.recurrent import gru
from attnviz.nets.transformer import Transformer
from attnviz.results.translation import SIDES
from tests.translators import CONFIGS, MASK, SOURCE, TARGET, translator

every = pytest.mark.parametrize("name", CONFIGS)


@every
def test_steps_one_by_one_give_the_logits_of_the_whole(name: str) -> None:
    net = translator(name)
    whole = net(SOURCE, MASK, TARGET)
    state = net.start(SOURCE, MASK)
    for step in range(TARGET.shape[1]):
        logits, state = net.advance(state, TARGET[:, step])
        torch.testing.assert_close(logits, whole[:, step])


@every
def test_padding_changes_nothing(name: str) -> None:
    net = translator(name)
    torch.testing.assert_close(net(SOURCE, MASK, TARGET)[1:], net(SOURCE[1:, :2], MASK[1:, :2], TARGET[1:]))


@every
def test_a_later_token_changes_no_earlier_logits(name: str) -> None:
    net = translator(name)
    other = TARGET.clone()
    other[:, -1] = 2
    torch.testing.assert_close(net(SOURCE, MASK, TARGET)[:, :-1], net(SOURCE, MASK, other)[:, :-1])


@every
def test_every_map_has_the_sides_of_its_role(name: str) -> None:
    net = translator(name)
    with record(net) as tape:
        net(SOURCE, MASK, TARGET)
    lengths = {"source": SOURCE.shape[1], "input": TARGET.shape[1], "output": TARGET.shape[1]}
    found = {layer: sides for role, sides in SIDES.items() for layer in tape.layers_of(role)}
    assert set(found) == set(tape.layers)
    for m in tape:
        assert m.shape[-len(found[m.layer]) :] == tuple(lengths[side] for side in found[m.layer])
    assert net.aligner[0] in tape.layers_of("alignment")
    assert len(tape) == {"transformer": 8, "local": 2}.get(name, 1)


@every
def test_the_transformer_has_three_kinds_of_map_and_the_others_one(name: str) -> None:
    net = translator(name)
    with record(net) as tape:
        net(SOURCE, MASK, TARGET)
    found = {(m.layer.split(".")[0], m.layer.split(".")[-1], m.kind) for m in tape}
    if name == "transformer":
        assert found == {
            ("encoder", "self_attention", "self"), ("decoder", "self_attention", "self"), ("decoder", "cross_attention", "soft"),
        }  # fmt: skip
    else:
        assert {kind for _, _, kind in found} == {"soft"}


def test_the_transformer_is_torchs_with_the_same_weights() -> None:
    ours = translator("transformer")
    assert isinstance(ours, Transformer)
    layer = nn.TransformerEncoderLayer(8, 2, 32, dropout=0.0, norm_first=True, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False)
    theirs = nn.Transformer(8, 2, 2, 3, 32, 0.0, custom_encoder=encoder, norm_first=True, batch_first=True).eval()
    for mine, other in zip([*ours.encoder, *ours.decoder], [*theirs.encoder.layers, *theirs.decoder.layers], strict=True):
        attentions = [(mine.self_attention, other.self_attn)]
        if hasattr(mine, "cross_attention"):
            attentions.append((mine.cross_attention, other.multihead_attn))
        for one, two in attentions:
            parts = (one.query, one.key, one.value)
            two.load_state_dict({
                "in_proj_weight": torch.cat([part.weight for part in parts]),
                "in_proj_bias": torch.cat([part.bias for part in parts]),
                "out_proj.weight": one.out.weight, "out_proj.bias": one.out.bias,
            })  # fmt: skip
        for i, norm in enumerate(mine.norms):
            getattr(other, f"norm{i + 1}").load_state_dict(norm.state_dict())
        other.linear1.load_state_dict(mine.feed_forward[0].state_dict())
        other.linear2.load_state_dict(mine.feed_forward[2].state_dict())
    theirs.encoder.norm.load_state_dict(ours.encoder_norm.state_dict())
    theirs.decoder.norm.load_state_dict(ours.decoder_norm.state_dict())
    source, target = (ours._embedded(table, ids) for table, ids in ((ours.source_embedding, SOURCE), (ours.embedding, TARGET)))
    hidden = nn.Transformer.generate_square_subsequent_mask(4)
    with torch.no_grad():
        states = theirs(source, target, tgt_mask=hidden, src_key_padding_mask=~MASK, memory_key_padding_mask=~MASK)
        torch.testing.assert_close(ours(SOURCE, MASK, TARGET), states @ ours.embedding.weight.T + ours.bias, atol=1e-4, rtol=1e-4)


def test_the_gated_unit_is_torchs() -> None:
    torch.manual_seed(0)
    cell, x, state = nn.GRUCell(5, 4), torch.randn(3, 5), torch.randn(3, 4)
    inputs, hidden = x @ cell.weight_ih.T + cell.bias_ih, state @ cell.weight_hh.T + cell.bias_hh
    torch.testing.assert_close(gru(inputs, hidden, state), cell(x, state))
