"""Tiny random models of transformers, saved as their authors save them, and their cards."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import nn

from attnviz.foreign.write import as_toml
from tests import tiny

WORDS = len(tiny.SPECIAL + tiny.WORDS)
TEXT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
LONG = {**TEXT, "vocab_size": WORDS, "max_position_embeddings": 24}
PHOTO = {**TEXT, "image_size": 32, "patch_size": 8}
DECODER = {
    "vocab_size": 256, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 40, "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip
SENTIMENT = {"id2label": {0: "bad", 1: "good", 2: "good"}, "num_labels": 3}
NORMAL = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3]}
# ViT squashes a photo, DINOv2 resizes its shorter side and cuts the middle
SQUASHED = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}, "resample": 2, **NORMAL}
CUT = {
    "image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32},
    "do_center_crop": True, "resample": 3, **NORMAL,
}  # fmt: skip


def word_pieces() -> Tokenizer:
    made = tiny.tokenizer()
    made.decoder = decoders.WordPiece()
    return made


def bytes_in_pairs() -> Tokenizer:
    """Byte-level as GPT-2 has it, without merges: every letter is a token, and a space is a mark on its own."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, [], unk_token=None))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return made


@dataclass(frozen=True)
class Kind:
    """A model, the task that its card must have, and what stands beside its weights."""

    task: str
    model: Callable[[], nn.Module]
    tokenizer: Callable[[], Tokenizer] | None = None
    preprocessor: dict[str, Any] | None = None

    def save(self, folder: Path, seed: int = 0) -> Path:
        torch.manual_seed(seed)
        model: Any = self.model().eval()
        for parameter in model.parameters():
            if parameter.ndim == 2 and parameter.std() < 0.1:
                parameter.data *= 5  # as drawn, all weights are nearly equal
        hf.utils.logging.disable_progress_bar()
        model.save_pretrained(folder)
        if self.tokenizer is not None:
            self.tokenizer().save(str(folder / "tokenizer.json"))
        if self.preprocessor is not None:
            (folder / "preprocessor_config.json").write_text(json.dumps(self.preprocessor))
        return folder


KINDS = {
    "BERT classifier": Kind(
        "text-classification", lambda: hf.BertForSequenceClassification(hf.BertConfig(**LONG, **SENTIMENT)), word_pieces
    ),
    "DistilBERT classifier": Kind(
        "text-classification",
        lambda: hf.DistilBertForSequenceClassification(
            hf.DistilBertConfig(vocab_size=WORDS, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=24)
        ),
        word_pieces,
    ),
    "BERT with a gap": Kind("masked-word", lambda: hf.BertForMaskedLM(hf.BertConfig(**LONG)), word_pieces),
    "BERT bare": Kind("text-encoder", lambda: hf.BertModel(hf.BertConfig(**LONG)), word_pieces),
    "DeBERTa without a kernel": Kind(
        "text-classification", lambda: hf.DebertaV2ForSequenceClassification(hf.DebertaV2Config(**LONG)), word_pieces
    ),
    "GPT-2": Kind(
        "next-word",
        lambda: hf.GPT2LMHeadModel(hf.GPT2Config(**DECODER)),
        bytes_in_pairs,
    ),
    "Llama": Kind(
        "next-word",
        lambda: hf.LlamaForCausalLM(
            hf.LlamaConfig(**TEXT, vocab_size=256, num_key_value_heads=2, max_position_embeddings=40, pad_token_id=0)
        ),
        bytes_in_pairs,
    ),
    "ViT": Kind(
        "image-classification",
        lambda: hf.ViTForImageClassification(hf.ViTConfig(**PHOTO, num_labels=3)),
        preprocessor=SQUASHED,
    ),
    "DINOv2": Kind("image-encoder", lambda: hf.Dinov2Model(hf.Dinov2Config(**PHOTO)), preprocessor=CUT),
    "DINOv2 with registers": Kind(
        "image-encoder",
        lambda: hf.Dinov2WithRegistersModel(hf.Dinov2WithRegistersConfig(**PHOTO, num_register_tokens=3)),
        preprocessor=CUT,
    ),
}  # fmt: skip


def card(folder: Path, task: str, **changes: Any) -> Path:
    """A card for the model in the same folder."""
    values = {
        "title": "Tiny", "summary": "For tests.", "licence": "MIT", "source": "folder", "path": ".", "task": task,
        "input": "image" if "image" in task else "text", **changes,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.toml").write_text(as_toml({key: value for key, value in values.items() if value is not None}))
    return folder


def saved(folder: Path, kind: str, **changes: Any) -> Path:
    """A folder with a model of this kind and its card."""
    return card(KINDS[kind].save(folder), **{"task": KINDS[kind].task, **changes})
