"""What all measurements share: an encoder of MiniLM's shape with random weights, and medians of interleaved repeats."""

import statistics
import time
from collections.abc import Callable

import torch
import transformers as hf

import attnviz

SHAPE = {"vocab_size": 1000, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}


def encoder(implementation: str, longest: int = 8192) -> hf.BertModel:
    """Random weights, the shape of all-MiniLM-L6, which is that of `sentiment-minilm`."""
    torch.manual_seed(0)
    config = hf.BertConfig(**SHAPE, max_position_embeddings=longest)
    return hf.BertModel._from_config(config, attn_implementation=implementation).eval()


def tokens(length: int) -> torch.Tensor:
    """(1, token) ids."""
    return torch.randint(0, 1000, (1, length), generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def plain(model: torch.nn.Module, ids: torch.Tensor) -> object:
    """The output alone."""
    return model(input_ids=ids)


@torch.no_grad()
def recorded(model: torch.nn.Module, ids: torch.Tensor) -> attnviz.Tape:
    """What attnviz keeps."""
    with attnviz.record(model) as tape:
        model(input_ids=ids)
    return tape


def looked(model: torch.nn.Module, ids: torch.Tensor) -> object:
    """The same, and the map of every layer, which is when short calls are copied and checked."""
    return list(recorded(model, ids))


@torch.no_grad()
def eager(model: torch.nn.Module, ids: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """All weights, as transformers returns them: one (1, head, query, key) a layer."""
    return model(input_ids=ids, output_attentions=True).attentions


WAYS: dict[str, tuple[str, Callable[[torch.nn.Module, torch.Tensor], object]]] = {
    "plain": ("sdpa", plain),
    "recorded": ("sdpa", recorded),
    "looked": ("sdpa", looked),
    "eager": ("eager", eager),
}


def medians(work: dict[str, Callable[[], object]], repeats: int = 9, warm: int = 2) -> dict[str, float]:
    """Seconds of each, run in turns, so that a slow moment hits all."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for repeat in range(repeats + warm):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            if repeat >= warm:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}
