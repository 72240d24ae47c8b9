"""What the photo models learn from: of each view what the frozen stages of Lite0 make of it, and what Lite0 says.

The first five stages of these models stay as they were published, so what they make of a view is worked out once.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from attnviz.nets.efficientnet_lite import EfficientNetLite
from attnviz.train import photo_views
from attnviz.train.photo_views import Views
from attnviz.train.published import lite0


class Lessons(NamedTuple):
    """Of each view: features behind the fifth stage (view, 112, 14, 14), Lite0's logits (view, label), its mask (view, 14, 14)."""

    early: Tensor
    logits: Tensor
    masks: Tensor


class PhotoLessons:
    """Lessons of all views, worked out when first wanted; `watched`: how many of them, the first, are not trained on."""

    kind: Any = Lessons

    def __init__(self, data: Path, device: str) -> None:
        self.data, self.device = data, device
        self.count, self.watched = photo_views.counted(data)
        self._found: Any = None

    def get(self) -> Any:
        """Lessons with a row for each view, numbers in half precision; the random numbers of a training are left alone."""
        if self._found is None:
            with torch.random.fork_rng(), torch.no_grad(), torch.autocast(self.device, torch.bfloat16):
                self._found = self._worked_out()
        return self._found

    def _worked_out(self) -> Any:
        plain, dilated = (lite0(way).to(self.device).to(memory_format=torch.channels_last) for way in (False, True))  # type: ignore[call-overload]
        parts: list[Tensor] = []
        done = 0
        with tqdm(total=self.count, desc="lessons", mininterval=5) as bar:
            for views in photo_views.made(self.data):
                found = self.of_views(views, plain, dilated)
                parts = parts or [torch.empty(self.count, *part.shape[1:], dtype=kept(part)) for part in found]
                for whole, part in zip(parts, found, strict=True):
                    whole[done : done + len(part)] = part
                done += len(views.pixels)
                bar.update(len(views.pixels))
        return self.kind(*parts)

    def of_views(self, views: Views, plain: EfficientNetLite, dilated: EfficientNetLite) -> Any:  # noqa: ARG002  (another kind needs it)
        """The lessons of one chunk; Lite0 as it is, and with its last grid kept."""
        early, masks = plain.backbone.lower(normalised(views.pixels, self.device)), torch.from_numpy(views.masks)
        return Lessons(early, answered(plain, early, masks), masks)


def kept(part: Tensor) -> torch.dtype:
    """Numbers with a fraction are kept in half precision."""
    return torch.float16 if part.is_floating_point() else part.dtype


def answered(plain: EfficientNetLite, early: Tensor, masks: Tensor) -> Tensor:
    """Features behind the fifth stage -> the logits of Lite0, (view, label); all 0 where the mask says that nothing stands."""
    logits = plain.head(plain.backbone.widen(plain.backbone.tail(early)).mean((2, 3)))
    return logits * (masks != 0).flatten(1).any(1, keepdim=True).to(logits.device)


def normalised(pixels: NDArray[np.uint8] | Tensor, device: str = "cpu") -> Tensor:
    """Bytes (image, row, column, 3) -> (image, 3, row, column) as Lite0 takes them."""
    images = torch.as_tensor(pixels).to(device).permute(0, 3, 1, 2)
    return images.float().sub_(127).div_(128).contiguous(memory_format=torch.channels_last)
