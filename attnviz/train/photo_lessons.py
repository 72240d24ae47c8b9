"""What the photo models learn from: views of photos, what the frozen half of Lite0 makes of them, and what Lite0 says.

The backbone of these models stays as it was published, so what it makes of a view is worked out once and kept: behind the fifth
stage, and behind the seventh, where the grid is kept at 14 x 14. With Lite0's own answer to the same view that is all an attention
on top has to see. No label of any photo is used.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from attnviz.data import photos
from attnviz.nets.efficientnet_lite import Backbone, EfficientNetLite
from attnviz.train import crops
from attnviz.train.crops import CutOut, View
from attnviz.train.published import lite0

ROUNDS = ((100, 4000),)  # seed and number of views of each, which are of other photos
PHOTOS = 2500  # of which the views of a round are made, at most
PLACES = 14
BATCH = 32
COMMON = ("airplane", "face", "motorbike")  # have hundreds of photos each, and are drawn a quarter as often
RARER = 0.25
MOTORBIKES = 60  # how many of the things that are cut out may be motorbikes; most that stand on white are


class Lessons(NamedTuple):
    """Of each view: (view, 112, 14, 14) and (view, 320, 14, 14), Lite0's logits (view, 1000), the mask by place (view, 14, 14)."""

    early: Tensor
    late: Tensor
    logits: Tensor
    masks: Tensor

    def some(self, rows: Tensor, device: str) -> "Lessons":
        """Those of some views, as float32, on a device."""
        return Lessons(*[part[rows].to(device).float() for part in self])


class PhotoLessons:
    """Lessons in half precision: worked out when first wanted, and kept in the checkpoint from then on."""

    def __init__(self, data: Path, device: str) -> None:
        self.data, self.device = data, device
        self.count = sum(count for _, count in ROUNDS)
        self.found: Lessons | None = None

    def get(self) -> Lessons:
        """As worked out, or as found in a checkpoint."""
        if self.found is None:
            self.found = learned(made(self.data), self.device)
        return self.found

    def state_dict(self) -> dict[str, Any]:
        return {} if self.found is None else self.found._asdict()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.found = Lessons(**saved) if saved else None


def made(data: Path) -> Iterator[list[View]]:
    """Batches of views of the training photos; the same ones wherever this runs."""
    train = photos.split(data)["train"]
    shares = np.array([RARER if photo.label in COMMON else 1.0 for photo in train])
    things = list(cut_out(data, train))
    for seed, count in ROUNDS:
        random = np.random.default_rng(seed)
        rows = random.choice(len(train), min(PHOTOS, count, len(train)), replace=False, p=shares / shares.sum())
        pixels = list(photos.read(data, [train[row] for row in rows]))
        for start in range(0, count, BATCH):
            yield crops.views(min(BATCH, count - start), pixels, things, random)


def cut_out(data: Path, train: list[photos.Photo]) -> Iterator[CutOut]:
    """The things of all photos on a ground of one colour, not too many motorbikes among them."""
    motorbikes = 0
    for photo, pixels in zip(train, photos.read(data, train), strict=True):
        bike = photo.label == "motorbike"
        thing = None if bike and motorbikes == MOTORBIKES else crops.cut_out(pixels)
        if thing is not None:
            motorbikes += bike
            yield thing


@torch.no_grad()
def learned(batches: Iterator[list[View]], device: str) -> Lessons:
    """What Lite0 makes of the views, in bfloat16."""
    plain, dilated = (lite0(way).to(device).to(memory_format=torch.channels_last) for way in (False, True))  # type: ignore[call-overload]
    found: list[Lessons] = []
    with torch.autocast(device, torch.bfloat16):
        for views in tqdm(batches, desc="lessons", mininterval=5):
            found.append(of_views(views, plain, dilated.backbone, device))
    return Lessons(*[torch.cat(parts) for parts in zip(*found, strict=True)])


def of_views(views: list[View], plain: EfficientNetLite, dilated: Backbone, device: str) -> Lessons:
    """The lessons of one batch."""
    early = plain.backbone.lower(normalised([view.pixels for view in views]).to(device))
    logits = plain.head(plain.backbone.widen(plain.backbone.tail(early)).mean((2, 3)))
    masks = torch.from_numpy(np.stack([crops.by_place(view.mask, PLACES) for view in views]))
    return Lessons(*[part.cpu().half() for part in (early, dilated.tail(early), logits, masks)])


def normalised(pixels: list[NDArray[np.uint8]]) -> Tensor:
    """(row, column, 3) bytes of one size -> (image, 3, row, column) as Lite0 takes them."""
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)
    return images.float().sub_(127).div_(128).contiguous(memory_format=torch.channels_last)
