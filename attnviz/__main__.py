"""The door of the shell, `attnviz` or `python -m attnviz`; `attnviz models` needs no extra, all else needs typer."""

import sys

from attnviz.errors import ExtraMissing
from attnviz.extras import resolved
from attnviz.listing import listing


def main() -> None:
    """What the console script runs."""
    try:
        run = resolved("attnviz.cli:main")
    except ExtraMissing as error:
        if sys.argv[1:] not in (["models"], ["models", "--json"]):
            sys.exit(f"attnviz: {error}")
        listed, errors = listing(as_json="--json" in sys.argv)
        print(listed)
        print(*errors, sep="\n", end="", file=sys.stderr)
    else:
        run()


if __name__ == "__main__":
    main()
