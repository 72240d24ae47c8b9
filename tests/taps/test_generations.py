"""`generate` of transformers, greedy and with beams, against the attentions that the eager model returns step by step."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import transformers as hf
from torch import Tensor
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from attnviz import record
from benchmarks.truth.joined import held_steps
from benchmarks.truth.told import Told

GROUPED = {
    "vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 8, "intermediate_size": 48, "pad_token_id": 0,
}  # fmt: skip
SEQ2SEQ = {
    "vocab_size": 50, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "pad_token_id": 0, "decoder_start_token_id": 1,
    "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
STEPS = {"max_new_tokens": 6, "min_new_tokens": 6, "do_sample": False, "pad_token_id": 0, "eos_token_id": 2}


@dataclass(frozen=True)
class Model:
    """A tiny model, and the layers of self- and of cross-attention; `{}` is the number of a block."""

    net: str
    config: Any
    own: str
    cross: str = ""
    implementation: str = "sdpa"
    padded: bool = True

    def make(self, implementation: str) -> Any:
        torch.manual_seed(0)
        model = getattr(hf, self.net)._from_config(self.config, attn_implementation=implementation).eval()
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.data *= 5  # so that weights are far from even
        return model

    def given(self, batch: int) -> dict[str, Tensor]:
        numbers = torch.Generator().manual_seed(0)
        if self.net.startswith("Whisper"):
            return {"input_features": torch.randn(batch, 16, 40, generator=numbers)}
        ids = torch.randint(5, 40, (batch, 6), generator=numbers)
        if batch > 1 and self.padded:
            ids[-1, :2] = 0
        return {"input_ids": ids, "attention_mask": (ids != 0).long()}


WHISPER = hf.WhisperConfig(
    **SEQ2SEQ, num_mel_bins=16, max_source_positions=20, max_target_positions=32, suppress_tokens=None, begin_suppress_tokens=None
)
GPT2 = hf.GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2)
T5 = hf.T5Config(vocab_size=50, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0, pad_token_id=0)
FALCON = hf.FalconConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, multi_query=True)
LLAMA, WINDOW = "model.layers.{}.self_attn", {**GROUPED, "sliding_window": 4}
MODELS = {
    "Llama": Model("LlamaForCausalLM", hf.LlamaConfig(**GROUPED), LLAMA),
    "Llama, eager": Model("LlamaForCausalLM", hf.LlamaConfig(**GROUPED), LLAMA, implementation="eager"),
    "Mistral, window 4": Model("MistralForCausalLM", hf.MistralConfig(**WINDOW), LLAMA),
    "Gemma 2, window 4": Model(
        "Gemma2ForCausalLM", hf.Gemma2Config(**WINDOW, query_pre_attn_scalar=8), LLAMA, implementation="eager"
    ),
    "Gemma 3, window 4": Model("Gemma3ForCausalLM", hf.Gemma3TextConfig(**WINDOW), LLAMA),
    "Qwen 3": Model("Qwen3ForCausalLM", hf.Qwen3Config(**GROUPED), LLAMA),
    "GPT-2": Model("GPT2LMHeadModel", GPT2, "transformer.h.{}.attn"),
    "Falcon": Model("FalconForCausalLM", FALCON, "transformer.h.{}.self_attention"),
    "BART": Model(
        "BartForConditionalGeneration", hf.BartConfig(**SEQ2SEQ, max_position_embeddings=64),
        "model.decoder.layers.{}.self_attn", "model.decoder.layers.{}.encoder_attn",
    ),
    "T5": Model(
        "T5ForConditionalGeneration", T5, "decoder.block.{}.layer.0.SelfAttention", "decoder.block.{}.layer.1.EncDecAttention"
    ),
    "Whisper": Model(
        "WhisperForConditionalGeneration", WHISPER, "model.decoder.layers.{}.self_attn", "model.decoder.layers.{}.encoder_attn"
    ),
}  # fmt: skip
SIZES = {"one text": (1, 1), "two texts": (2, 1), "three beams": (1, 3), "two texts of two beams": (2, 2)}


@contextmanager
def beams_seen(orders: list[tuple[int, ...]]) -> Any:
    """Notes which row each row of a cache goes on from, before each step."""
    real = {kind: kind.reorder_cache for kind in (EncoderDecoderCache, DynamicCache)}
    depth = []

    def seen(kind: Any) -> Any:
        def reorder(cache: Any, index: Tensor) -> Any:
            if not depth:
                orders.append(tuple(index.tolist()))
            depth.append(kind)
            try:
                return real[kind](cache, index)
            finally:
                depth.pop()

        return reorder

    try:
        for kind in real:
            kind.reorder_cache = seen(kind)
        yield
    finally:
        for kind, reorder in real.items():
            kind.reorder_cache = reorder


def told(steps: list[Tensor], kind: str, orders: list[tuple[int, ...]], hidden: Tensor | None) -> list[Told]:
    """What the eager model says of a layer, step by step; queries that are padding look at nothing where the kernel is fused."""
    found, seen = [], 0
    for number, weights in enumerate(steps):
        queries, keys = weights.shape[-2:]
        weights = weights.detach().float().clone()  # noqa: PLW2901
        if number == 0 and hidden is not None and kind == "self":
            weights = weights * (~hidden)[:, None, :, None]  # noqa: PLW2901
        seen += queries
        first = max(0, seen - keys) if kind == "self" else 0
        beams = orders[number - 1] if number and orders else None
        found.append(Told(weights, ("head", "query", "key"), kind, 2e-5, keys=tuple(range(first, first + keys)), beams=beams))
    return found


def hidden_rows(model: Model, given: dict[str, Tensor], beams: int) -> Tensor | None:
    """Positions of a prompt that are padding, of each row; None where the eager kernel spreads them evenly, as told."""
    if model.implementation == "eager" or "attention_mask" not in given or model.cross:
        return None
    return (given["attention_mask"] == 0).repeat_interleave(beams, 0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "sizes"), [(name, sizes) for name in MODELS for sizes in SIZES]
)  # fmt: skip
def test_each_step_of_a_generation_is_in_its_map(name: str, sizes: str) -> None:
    model, (batch, beams) = MODELS[name], SIZES[sizes]
    given, orders = model.given(batch), []
    with beams_seen(orders):
        out = model.make("eager").generate(**given, **STEPS, num_beams=beams, output_attentions=True, return_dict_in_generate=True)
    net = model.make(model.implementation)
    with record(net) as tape:
        net.generate(**given, **STEPS, num_beams=beams)
    attentions = {model.own: ("self", out.decoder_attentions if model.cross else out.attentions)}
    if model.cross:
        attentions[model.cross] = ("soft", out.cross_attentions)
    for layer, (kind, steps) in attentions.items():
        for block in range(2):
            own = told([step[block] for step in steps], kind, orders, hidden_rows(model, given, beams))
            name = layer.format(block)
            records = [one for one in tape.layers if one == name or one.startswith(f"{name}:")]
            for one in records:
                count, (outcome, said) = held_steps(tape, one, own)
                assert outcome == "exact", said
                own = own[count:]
            assert not own, f"{name}: {len(own)} steps are in no record"
            assert len(records) == 1 or beams > 1 or model.implementation == "eager", f"{name} fell apart into {len(records)}"
