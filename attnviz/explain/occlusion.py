"""Occlusion (Zeiler and Fergus, 2014, arXiv:1311.2901): what hiding each part alone takes from what was said."""

import numpy as np

from attnviz.explain.curves import Reals, Say


def occlusion(parts: int, say: Say) -> Reals:
    """(part,): what is said of all parts less what is said without each one; negative where a part spoke against it."""
    said = say(np.concatenate([np.ones((1, parts), dtype=np.bool_), ~np.eye(parts, dtype=np.bool_)]))
    return np.asarray(said[0] - said[1:])
