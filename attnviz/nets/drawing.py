"""What nets share that pick parts of their input, by chance where they are asked to, and decide from those alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from attnviz.layers.hard import Picker
from attnviz.nets.base import Net


class DrawingNet(Net):
    """Scores the parts of its input, picks by the scores, and reads what was picked.

    What was not picked reaches `read` only to be taken away there, and has no other way to the decision than the picks.
    """

    picker: Picker

    scores: Callable[..., tuple[Tensor, ...]]
    """The tensors of one batch -> what the picker takes, the scores first."""

    read: Callable[..., Tensor]
    """The tensors of one batch, and as `picks` which parts are picked -> logits (batch, label)."""

    def forward(self, *given: Tensor, picks: Tensor | None = None, seed: int | None = None, **named: Tensor) -> Tensor:
        """Tensors of one batch, in their order or by name -> logits (batch, label).

        Picks what is most probable; with a `seed` it draws by the odds. With `picks`, booleans, nothing is scored at all.
        """
        if picks is None:
            generator = None if seed is None else torch.Generator().manual_seed(seed)
            picks, _ = self.picker(*self.scores(*given, **named), sample=seed is not None, generator=generator)
        else:
            self.picker.emit(picks)
        return self.read(*given, **named, picks=picks)
