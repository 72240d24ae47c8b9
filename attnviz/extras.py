"""What is imported only when it is asked for, and the sentence that says which extra a missing package comes with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any

from attnviz.errors import ExtraMissing

# Top package -> what pip calls it, and the extra of pyproject.toml that has it.
EXTRAS = {
    "PIL": ("pillow", "models"),
    "tokenizers": ("tokenizers", "models"),
    "charset_normalizer": ("charset-normalizer", "models"),
    "py3langid": ("py3langid", "models"),
    "networkx": ("networkx", "models"),
    "typer": ("typer", "models"),
    "huggingface_hub": ("huggingface_hub", "hub"),
    "transformers": ("transformers", "hub"),
    "kaleido": ("kaleido", "figures"),
    "plotly": ("plotly", "figures"),
    "streamlit": ("streamlit", "app"),
    "sacrebleu": ("sacrebleu", "train"),
    "tqdm": ("tqdm", "train"),
}


@contextmanager
def extras() -> Iterator[None]:
    """Imports in this block may need an extra: ExtraMissing where its package is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        name, extra = EXTRAS[package]
        raise ExtraMissing(f"{name} is not installed", f"install it with pip install 'attnviz[{extra}]'") from error


def resolved(name: str) -> Any:
    """What "package.module:name" stands for, or "package.module:", the module itself; imported now."""
    with extras():
        return resolve_name(name)


def lazily(package: dict[str, Any], table: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a package with these globals: each name of the table is resolved when it is first asked for."""

    def __getattr__(name: str) -> Any:  # noqa: N807  (it becomes the package's)
        if name not in table:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        return package.setdefault(name, resolved(table[name]))

    return __getattr__
