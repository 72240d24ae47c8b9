"""Tiny random models of many families of transformers, one row a family, and what to feed them."""

from dataclasses import dataclass
from typing import Any

import torch
import transformers as hf
from torch import Tensor, nn

BATCH, LENGTH, OUT = 2, 11, 7


def ids(length: int = LENGTH, batch: int = BATCH, seed: int = 0) -> Tensor:
    return torch.randint(5, 40, (batch, length), generator=torch.Generator().manual_seed(seed))


def padded(length: int = LENGTH) -> Tensor:
    """The second example ends four tokens early."""
    mask = torch.ones(BATCH, length, dtype=torch.long)
    mask[1, -4:] = 0
    return mask


def image(size: int = 32) -> dict[str, Tensor]:
    return {"pixel_values": torch.randn(BATCH, 3, size, size, generator=torch.Generator().manual_seed(1))}


def text() -> dict[str, Tensor]:
    return {"input_ids": ids(), "attention_mask": padded()}


def pair() -> dict[str, Tensor]:
    return {**text(), "decoder_input_ids": ids(OUT, seed=2)}


def sound() -> dict[str, Tensor]:
    frames = torch.randn(BATCH, 16, 40, generator=torch.Generator().manual_seed(1))
    return {"input_features": frames, "decoder_input_ids": ids(OUT, seed=2)}


COMMON = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
GROUPED = {**COMMON, "num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0}
SEQ2SEQ = {
    "vocab_size": 50, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "pad_token_id": 0, "decoder_start_token_id": 1,
    "bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": 64, "scale_embedding": False,
}  # fmt: skip
PICTURE = {**{key: value for key, value in COMMON.items() if key != "vocab_size"}, "image_size": 32, "patch_size": 8}
SOUND = {**SEQ2SEQ, "num_mel_bins": 16, "max_source_positions": 20, "max_target_positions": 32}
ONE, CROSS = ("attentions",), ("encoder_attentions", "decoder_attentions", "cross_attentions")


@dataclass(frozen=True)
class Family:
    """`says`: where the eager model returns its weights. `finds`: part of a layer's name for each of these, in the same order.

    `asked`: end of the names of layers that return their weights, where the model passes on those of some layers only.
    """

    config: Any
    model: Any
    options: dict[str, Any]
    inputs: Any = text
    says: tuple[str, ...] = ONE
    finds: tuple[str, ...] = ("",)
    eager_only: bool = False
    asked: str = ""

    def make(self, implementation: str = "eager") -> nn.Module:
        torch.manual_seed(0)
        model = self.model._from_config(self.config(**self.options), attn_implementation=implementation).eval()
        for name, parameter in model.named_parameters():
            if "relative_position" in name or "rel_embeddings" in name or "relative_attention_bias" in name:
                nn.init.normal_(parameter)  # they start at or near zero, and then prove nothing
            elif parameter.ndim == 2 and parameter.std() < 0.1:
                parameter.data *= 5  # as drawn, all weights are nearly equal
        return model


TOWERS = ("text_model_output.attentions", "vision_model_output.attentions")
PARTS = ("encoder", "self_attn", "cross")
FAMILIES = {
    "BERT": Family(hf.BertConfig, hf.BertModel, COMMON),
    "DistilBERT": Family(
        hf.DistilBertConfig, hf.DistilBertModel, {"vocab_size": 50, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
    ),
    "RoBERTa": Family(hf.RobertaConfig, hf.RobertaModel, {**COMMON, "max_position_embeddings": 40}),
    "ELECTRA": Family(hf.ElectraConfig, hf.ElectraModel, {**COMMON, "embedding_size": 16}),
    "ALBERT": Family(hf.AlbertConfig, hf.AlbertModel, {**COMMON, "embedding_size": 16}),
    "DeBERTa-v2": Family(
        hf.DebertaV2Config,
        hf.DebertaV2Model,
        {**COMMON, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 4, "max_relative_positions": 16},
        eager_only=True,
    ),
    "ModernBERT": Family(
        hf.ModernBertConfig,
        hf.ModernBertModel,
        {**COMMON, "num_hidden_layers": 3, "global_attn_every_n_layers": 3, "local_attention": 4, "pad_token_id": 0},
    ),
    "GPT-2": Family(hf.GPT2Config, hf.GPT2Model, {"vocab_size": 50, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 32}),
    "Llama": Family(hf.LlamaConfig, hf.LlamaModel, GROUPED),
    "Qwen3": Family(hf.Qwen3Config, hf.Qwen3Model, GROUPED),
    "Mistral": Family(hf.MistralConfig, hf.MistralModel, {**GROUPED, "sliding_window": 4}),
    "Gemma 2": Family(
        hf.Gemma2Config, hf.Gemma2Model, {**GROUPED, "sliding_window": 4, "attn_logit_softcapping": 1.5}, eager_only=True
    ),
    "T5": Family(
        hf.T5Config,
        hf.T5Model,
        {"vocab_size": 50, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0},
        pair,
        CROSS,
        ("encoder", "SelfAttention", "EncDecAttention"),
    ),
    "BART": Family(hf.BartConfig, hf.BartModel, SEQ2SEQ, pair, CROSS, ("encoder.", "self_attn", "encoder_attn")),
    "Marian": Family(hf.MarianConfig, hf.MarianModel, SEQ2SEQ, pair, CROSS, ("encoder.", "self_attn", "encoder_attn")),
    "Whisper": Family(hf.WhisperConfig, hf.WhisperModel, SOUND, sound, CROSS, ("encoder.", "self_attn", "encoder_attn")),
    "ViT": Family(hf.ViTConfig, hf.ViTModel, PICTURE, image),
    "DeiT": Family(hf.DeiTConfig, hf.DeiTModel, PICTURE, image),
    "DINOv2 with registers": Family(
        hf.Dinov2WithRegistersConfig, hf.Dinov2WithRegistersModel, {**PICTURE, "num_register_tokens": 3}, image
    ),
    "Swin": Family(
        hf.SwinConfig,
        hf.SwinModel,
        {"image_size": 32, "patch_size": 4, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4], "window_size": 4},
        image,
        asked=".attention",
    ),
    "CLIP": Family(
        hf.CLIPConfig,
        hf.CLIPModel,
        {
            "text_config": {**COMMON, "max_position_embeddings": 32, "eos_token_id": 2},
            "vision_config": PICTURE,
            "projection_dim": 8,
        },
        lambda: {**text(), **image()},
        TOWERS,
        ("text_model", "vision_model"),
    ),
}
