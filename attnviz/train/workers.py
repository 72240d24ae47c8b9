"""What is made before a training, by several processes at once: the same however many they are."""

import multiprocessing
import os
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset


def at_once(parts: "Dataset[Any]", count: int, workers: int) -> "DataLoader[Any]":
    """`count` parts in their order, each made by one of the workers; the random numbers of a training are left alone."""
    if "fork" not in multiprocessing.get_all_start_methods():
        workers = 0  # what makes the parts would be sent to each
    return DataLoader(
        parts, batch_size=None, sampler=range(count), num_workers=workers, collate_fn=_as_it_is, worker_init_fn=_alone,
        multiprocessing_context="fork" if workers else None, generator=torch.Generator(),
    )  # fmt: skip


def _as_it_is(part: Any) -> Any:
    return part


def _alone(_: int) -> None:
    """A worker's tokenizers have no threads: those of the process it was split off from are not there."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
