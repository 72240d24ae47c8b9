"""The window that a layer of attnviz opens on its attention."""

from torch import Tensor, nn

from attnviz.maps import Kind, Norm


class Probe(nn.Module):
    """An identity whose output *is* the attention of its layer; `record` hooks it, and so can anyone.

    `axes` names the axes of the weights behind the batch, for example ("query", "key") or ("row", "column").
    It has no parameters, changes nothing, and costs a function call.
    """

    def __init__(self, kind: Kind, mechanism: str, norm: Norm, axes: tuple[str, ...]) -> None:
        super().__init__()
        self.kind: Kind = kind
        self.mechanism = mechanism
        self.norm: Norm = norm
        self.axes = axes

    def forward(self, weights: Tensor) -> Tensor:
        """(batch, *axes) -> the very same tensor."""
        return weights

    def extra_repr(self) -> str:
        return f"{self.kind}, {self.mechanism}, {self.norm}, axes={self.axes}"
