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
from attnviz.nets.efficientnet_lite import EfficientNetLite
from attnviz.train import crops
from attnviz.train.crops import CutOut, View
from attnviz.train.published import lite0

ROUNDS = ((100, 4000), (101, 1500))  # seed and number of views of each, which are of other photos
WHOLE = (200, 2500)  # seed and number of the photos that are shown as they are, but for mirroring and colours
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


class PhotoLessons:
    """Lessons in half precision: worked out when first wanted, and kept in the checkpoint from then on."""

    kind: Any = Lessons

    def __init__(self, data: Path, device: str) -> None:
        self.data, self.device = data, device
        self.count = sum(count for _, count in (*ROUNDS, WHOLE))
        self.found: Any = None

    def get(self) -> Any:
        """As worked out, or as found in a checkpoint."""
        if self.found is None:
            plain, dilated = (lite0(way).to(self.device).to(memory_format=torch.channels_last) for way in (False, True))  # type: ignore[call-overload]
            with torch.no_grad(), torch.autocast(self.device, torch.bfloat16):
                batches = tqdm(made(self.data), desc="lessons", total=-(-self.count // BATCH), mininterval=5)
                found = [self.of_views(views, plain, dilated) for views in batches]
            self.found = self.kind(*[torch.cat(parts) for parts in zip(*found, strict=True)])
        return self.found

    def of_views(self, views: list[View], plain: EfficientNetLite, dilated: EfficientNetLite) -> Any:
        """The lessons of one batch; Lite0 as it is, and with its last grid kept."""
        early = plain.backbone.lower(normalised([view.pixels for view in views]).to(self.device))
        late = dilated.backbone.tail(early)
        return Lessons(*[part.cpu().half() for part in (early, late, answered(plain, early), masks(views))])

    def state_dict(self) -> dict[str, Any]:
        return {} if self.found is None else self.found._asdict()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.found = self.kind(**saved) if saved else None


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
    random = np.random.default_rng(WHOLE[0])
    rows = random.choice(len(train), WHOLE[1], replace=len(train) < WHOLE[1], p=shares / shares.sum())
    for start in range(0, len(rows), BATCH):
        yield [crops.whole(pixels, random) for pixels in photos.read(data, [train[row] for row in rows[start : start + BATCH]])]


def cut_out(data: Path, train: list[photos.Photo]) -> Iterator[CutOut]:
    """The things of all photos on a ground of one colour, not too many motorbikes among them."""
    motorbikes = 0
    for photo, pixels in zip(train, photos.read(data, train), strict=True):
        bike = photo.label == "motorbike"
        thing = None if bike and motorbikes == MOTORBIKES else crops.cut_out(pixels)
        if thing is not None:
            motorbikes += bike
            yield thing


def answered(plain: EfficientNetLite, early: Tensor) -> Tensor:
    """Features behind the fifth stage -> the logits of Lite0, (view, label)."""
    logits: Tensor = plain.head(plain.backbone.widen(plain.backbone.tail(early)).mean((2, 3)))
    return logits


def masks(views: list[View]) -> Tensor:
    """By place, (view, 14, 14), NaN where nobody knows."""
    return torch.from_numpy(np.stack([crops.by_place(view.mask, PLACES) for view in views]))


def normalised(pixels: list[NDArray[np.uint8]]) -> Tensor:
    """(row, column, 3) bytes of one size -> (image, 3, row, column) as Lite0 takes them."""
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)
    return images.float().sub_(127).div_(128).contiguous(memory_format=torch.channels_last)
