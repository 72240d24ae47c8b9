"""What a view is: a way to look at a result of one kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from attnviz.exhibit import Exhibit
from attnviz.results import Outcome
from attnviz.state import Choice, Chosen
from attnviz.weights import Floats

R = TypeVar("R", bound=Outcome)


@dataclass(frozen=True)
class View(Generic[R]):
    """`name` stands in addresses and files, `title` is what a visitor reads. A view is pure: it runs no model and displays nothing.

    `fits`: whether a result of its kind has what is shown; `choices`: what can be chosen of it, two views of a page share those
    with one name; `exhibits`: the result, seen by those choices. `says`: of the map in sight its name, and what it says of each
    position, place or step of the input, for the verdict below it; None where that is said otherwise.
    """

    name: str
    title: str
    kind: type[R]
    exhibits: Callable[[R, Chosen], Sequence[Exhibit]]
    choices: Callable[[R], Sequence[Choice]] = lambda _: ()
    fits: Callable[[R], bool] = lambda _: True
    says: Callable[[R, Chosen], tuple[str, Floats] | None] = lambda _, __: None

    def applies(self, result: Outcome) -> bool:
        """Whether this result can be looked at so."""
        return isinstance(result, self.kind) and self.fits(result)
