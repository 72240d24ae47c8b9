"""The overview of one head of a dot-product attention, streamed over tiles of scores: never all of them, on any device."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAFE_SCORE = 60.0  # exp(60) times 32,768 keys is far below the largest float32, exp(-60) far above the smallest
BAND, KEYS = 512, 1024  # positions of a tile of scores that fits into a cache
LARGER = 8  # times as many a side on a GPU, which has many multipliers to feed
Edges = NDArray[np.int64]


@torch.no_grad()
def pooled(
    query: NDArray[np.float32], key: NDArray[np.float32], hidden: NDArray[np.bool_], causal: bool, rows: Edges, columns: Edges,
    how: str, device: str = "cpu",
) -> NDArray[np.float32] | None:  # fmt: skip
    """(query, feature), scaled, and (key, feature) -> (row tile, column tile): the largest weight of each tile, or their sum.

    `hidden`: (key,) true where no query may look; `rows` and `columns`: where tiles begin, and the end.

    Exponentials are taken without first looking for the largest score of a row, which float32 allows where no score can
    reach `SAFE_SCORE`; None where one could.
    """
    with torch._C.DisableTorchFunction():  # not to be seen by a recording around this
        queries, keys, kept_out = (torch.from_numpy(part).to(device) for part in (query, key, hidden))
        if not float(queries.norm(dim=1).max() * keys.norm(dim=1).max()) < SAFE_SCORE:
            return None
        larger = 1 if queries.is_cpu else LARGER
        reduce: Callable[..., Tensor] = torch.amax if how == "max" else torch.sum
        found = torch.empty((len(rows) - 1, len(columns) - 1), device=device)
        for first, last in _bands(rows, BAND * larger):
            top, bottom = int(rows[first]), int(rows[last])
            tiles = torch.zeros((len(columns) - 1, bottom - top), device=device)
            total = torch.zeros(bottom - top, device=device)
            for left, right in _bands(columns, KEYS * larger):
                start, end = int(columns[left]), int(columns[right])
                if causal and start >= bottom:
                    break
                scores = torch.mm(keys[start:end], queries[top:bottom].T).exp_()
                if hidden[start:end].any():
                    scores[kept_out[start:end]] = 0
                if causal and end > top + 1:
                    scores.masked_fill_(_ahead(start, end, top, bottom, scores), 0)
                total += scores.sum(0)
                for tile in range(left, right):
                    reduce(scores[int(columns[tile]) - start : int(columns[tile + 1]) - start], 0, out=tiles[tile])
            tiles /= torch.where(total == 0, 1, total)
            for row in range(first, last):
                reduce(tiles[:, int(rows[row]) - top : int(rows[row + 1]) - top], 1, out=found[row])
        whole: NDArray[np.float32] = found.cpu().numpy()
        return whole


def _ahead(start: int, end: int, top: int, bottom: int, like: Tensor) -> Tensor:
    """(key, query) true where a key stands behind the query."""
    return torch.arange(start, end, device=like.device)[:, None] > torch.arange(top, bottom, device=like.device)


def _bands(edges: Edges, size: int) -> Iterator[tuple[int, int]]:
    """Runs of tiles, first and behind the last, of about `size` positions each."""
    tiles = len(edges) - 1
    run = max(1, size * tiles // max(1, int(edges[-1])))
    return ((first, min(first + run, tiles)) for first in range(0, tiles, run))
