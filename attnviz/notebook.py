"""Results in a notebook: what a page shows of them, offline and without an extension."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attnviz.results import Outcome

if TYPE_CHECKING:
    from attnviz.exhibit import Exhibit

HEIGHT = 640


@dataclass(frozen=True)
class Shown:
    """Exhibits that a notebook draws by itself."""

    exhibits: "Sequence[Exhibit]"

    def _repr_html_(self) -> str:
        """The stand-alone page of the exhibits, in a frame of its own, where no notebook's scripts or styles reach it."""
        from attnviz.export import as_html

        page = html.escape(as_html(self.exhibits).decode())
        return f'<iframe srcdoc="{page}" style="width: 100%; height: {HEIGHT}px; border: 0" sandbox="allow-scripts"></iframe>'


def show(result: Outcome, view: str | None = None, **choices: Any) -> Shown:
    """What a page shows of a result: `show(result, "ahead", step=3)`; a choice with a dash is written with an underscore.

    Without a view it is the first that applies. InputError where there is none of this name, or a choice is not allowed.
    """
    from attnviz.views import exhibits

    texts = {name.replace("_", "-"): str(int(value) if isinstance(value, bool) else value) for name, value in choices.items()}
    return Shown(exhibits(result, view, texts))
