"""The one rule of the borders: whatever a decoder or reader raises is damage, and damage is a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from attnviz.errors import AttnvizError, InputError


@contextmanager
def damage(finding: str, cure: str, kind: type[AttnvizError] = InputError) -> Iterator[None]:
    """Within it every error that attnviz did not raise on purpose becomes a `kind` with this finding; its cause stays attached.

    Readers of other people raise almost anything on broken input, so there is no list of types.
    """
    try:
        yield
    except AttnvizError:
        raise
    except Exception as error:
        raise kind(finding, cure) from error
