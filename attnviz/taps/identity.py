"""What one recording knows of whose rows are whose: plain by its inputs, or by trials of a copy of the model (`owners.py`)."""

from collections import Counter
from collections.abc import Mapping

from attnviz.taps.altered import with_axes
from attnviz.taps.owners import Trials
from attnviz.taps.place import Outer, Place
from attnviz.taps.rows import Arrangement, Rows
from attnviz.taps.trials import is_cache


class Identity:
    """What one recording knows of the rows of its layers."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._outer: Outer | None = None
        self._trials: Trials | None = None
        self._nth: Counter[str] = Counter()
        self._known: dict[tuple[str, int, int], Arrangement] = {}
        self._plain: set[tuple[str, int, int]] = set()
        self.sizes: frozenset[int] = frozenset()
        self.without_batch = False
        self.serial = 0

    def meet(self, place: Place) -> None:
        """What follows is about this call of the model: `sizes` of the first axes of its inputs, `without_batch` and `serial`."""
        if place.outer is not None and self._outer is not None and place.outer.kwargs is self._outer.kwargs:
            return
        self._outer, self._trials = place.outer, None
        self._nth.clear()
        self.serial += 1
        given = [] if place.outer is None else with_axes((place.outer.args, place.outer.kwargs))
        self.sizes = frozenset(len(tensor) for tensor in given)
        self.without_batch = all(tensor.ndim == 2 and tensor.is_floating_point() for tensor in given)

    def turn(self, place: Place) -> int:
        """How many calls of this layer there were before in this call of the model."""
        self.meet(place)
        nth = self._nth[place.layer]
        self._nth[place.layer] += 1
        return nth

    def arrangement(self, layer: str, nth: int, rows: Rows) -> Arrangement | None:
        """None where there is no evidence. With a cache, that of the layer's calls before holds for as many rows."""
        if self._outer is None:
            return None
        known = self._known.get((layer, rows.first, rows.heads))
        if known is not None and self._with_cache():
            return known
        if self._trials is None:
            self._trials = Trials(self._outer, self._names)
        found = self._trials.arrangement(layer, nth, rows)
        if found is not None:
            self._known[layer, rows.first, rows.heads] = found
        return found

    def plain(self, layer: str, rows: Rows) -> None:
        """Remembers that so many rows of a layer were plain."""
        self._plain.add((layer, rows.first, rows.heads))

    def was_plain(self, layer: str, rows: Rows) -> bool:
        """Whether a call with a cache goes on from one that was."""
        return (layer, rows.first, rows.heads) in self._plain and self._with_cache()

    def _with_cache(self) -> bool:
        return self._outer is not None and any(map(is_cache, self._outer.kwargs.values()))

    def let_go(self) -> None:
        """Of what the model was called with."""
        self._outer = self._trials = None
