"""What can go wrong, each as one class: what was found, and what to do about it."""


class AttnvizError(Exception):
    """Base of all errors that attnviz raises on purpose; its text is fit to show to a visitor.

    `finding` says what was wrong, `cure` what to do instead.
    """

    def __init__(self, finding: str, cure: str = "") -> None:
        self.finding = finding
        self.cure = cure
        super().__init__(". ".join(_sentence(part) for part in (finding, cure) if part) + ".")


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return text[:1].upper() + text[1:]


class ExtraMissing(AttnvizError, ImportError):
    """A package that only a part of attnviz needs, and that is not installed."""


class InputError(AttnvizError):
    """A text, image or series that cannot be taken as it is."""


class Busy(AttnvizError):
    """More visitors wait for a model than may."""


class CardError(AttnvizError):
    """A card.toml that is missing, unreadable or incomplete."""


class WeightsError(AttnvizError):
    """Weights that are missing, truncated, altered, or made for another net."""


class HubError(AttnvizError):
    """A repository that could not be reached, is not what its card says, or is too large to fetch."""


class DataError(AttnvizError):
    """A data set that is not where it should be, or not what it should be."""


class MapError(AttnvizError):
    """Numbers that break the promise of their norm: not a map, so nothing is drawn."""


class PromiseBroken(MapError):
    """Weights whose rows do not sum to what their norm promises, or that are no weights at all."""


class OutputMismatch(MapError):
    """Recorded weights that do not give what the layer put out: it computes something else."""


class UnknownShape(MapError):
    """Attention over tensors whose axes cannot be told."""


class AmbiguousExample(MapError):
    """A layer of which nobody can tell which rows are of which example: its map as a whole can be had."""


class NoExample(AttnvizError, IndexError):
    """An example that is not in the batch, or not among those that a layer was called with."""


class ChangedInPlace(MapError):
    """Weights that were written over before they met the values, or what they are made of before the first look at it."""


class HiddenKernel(AttnvizError):
    """A layer that ran in a kernel that neither shows its weights nor what they are made of."""


class CompiledModel(AttnvizError):
    """A compiled model, whose layers cannot be looked into while they run."""


class MapTooLarge(AttnvizError):
    """A map that would not fit in memory as a whole; ask for a head, some rows, a window or an overview."""


class NoRollout(AttnvizError):
    """Layers that do not attend over one set of positions, so that nothing can be followed from layer to layer."""


class NothingRecorded(AttnvizError):
    """No layer emitted attention during a recording."""


class NothingToScore(AttnvizError):
    """A model that lays no map over a photo, so that there is nothing to hold against a mask."""


class UnknownLayer(AttnvizError, KeyError):
    """No recorded layer has this name, or more than one begins with it."""

    __str__ = AttnvizError.__str__


class ChangeError(AttnvizError):
    """A change of attention that could not be made: its layer never ran, or its numbers do not fit."""


class ExportError(AttnvizError):
    """A figure or map that could not be written as asked."""
