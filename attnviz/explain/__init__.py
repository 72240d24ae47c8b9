"""Maps -> map or score."""

from attnviz.explain.gates import combined, strongest, tenth, weakest
from attnviz.explain.heads import Glance, all_glances, glance, sampled, sharpness
from attnviz.explain.patches import over_patches
from attnviz.explain.picks import among, bits, entropy, picked_words, standard_error, with_and_without
from attnviz.explain.rollout import rollout
from attnviz.explain.spread import spread
from attnviz.explain.streamed import Overview, looked_at_by, overview
from attnviz.explain.words import along_words, by_word, find, shown_words, totals

__all__ = [
    "Glance",
    "Overview",
    "all_glances",
    "along_words",
    "among",
    "bits",
    "by_word",
    "combined",
    "entropy",
    "find",
    "glance",
    "looked_at_by",
    "over_patches",
    "overview",
    "picked_words",
    "rollout",
    "sampled",
    "sharpness",
    "shown_words",
    "spread",
    "standard_error",
    "strongest",
    "tenth",
    "totals",
    "weakest",
    "with_and_without",
]
