"""The figures in a translator's card: how well it translates, what it copies, and whether its attention links words."""

import re
from collections import Counter
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from attnviz.alignment import by_diagonal, error_rate, links, read_links, turned
from attnviz.data import tatoeba
from attnviz.data.tatoeba import Pair
from attnviz.encode.translation import calm, written
from attnviz.errors import CardError, DataError
from attnviz.layers.bahdanau import Bahdanau
from attnviz.layers.luong import Local, Luong
from attnviz.layers.multi_head import MultiHead
from attnviz.nets import Net, Translator
from attnviz.nets.translator import END, PAD, padded
from attnviz.search import search
from attnviz.translate import cut

Metrics = dict[str, Any]
BEAMS = 4
SENTENCES = 64
_WORD = re.compile(r"\w+(?:[-.,:]\w+)*")


def translation(model: Net, data: Path) -> Metrics:
    """BLEU and chrF by sacrebleu, with its defaults, of the best of 4 beams, over every pair of the 2,000 held-out sentences.

    Each pair is a source of its own with one reference; a sentence with several French translations counts several times.
    `without_attention`: the BLEU where it looks at all of the source alike, see `indifferent`.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    assert isinstance(model, Translator)
    pairs = tatoeba.split(data)["test"]
    found, bare = (translations(net, [pair.french for pair in pairs]) for net in (model, indifferent(model)))
    references = [[pair.english for pair in pairs]]
    bleu, chrf = (metric.corpus_score(found, references).score for metric in (BLEU(), CHRF()))
    return {
        "bleu": bleu, "chrf": chrf, "without_attention": BLEU().corpus_score(bare, references).score,
        "n": len(pairs), "sentences": len({pair.english for pair in pairs}),
    }  # fmt: skip


@torch.no_grad()
def indifferent(model: Translator) -> Translator:
    """A copy whose scores of the source are all 0: it looks alike at all that it may see; local attention at the middle."""
    bare = deepcopy(model)
    for layer in bare.modules():
        for part in _scoring(layer):
            for parameter in part.parameters():
                parameter.zero_()
    return bare


def _scoring(layer: nn.Module) -> list[nn.Module]:
    """What scores the source in this layer; nothing in any other."""
    if isinstance(layer, MultiHead):
        return [layer.query] if layer.role == "alignment" else []
    if isinstance(layer, Local) and layer.position is not None:
        return [layer.scores, layer.position]
    return [layer.scores] if isinstance(layer, (Bahdanau, Luong, Local)) else []


def told(model: Net, pairs_file: Path) -> Metrics:
    """chrF on a file of lines `source ||| target`, and how many names and numbers are copied, under "told".

    `to_copy` is how many words with a capital or a digit both sides of the file have, `copied` the share of them that stands in
    the translation. The sentences of a source are translated one by one, as on the page.
    """
    if not isinstance(model, Translator):
        raise CardError(f"{model.card.name} translates nothing", "leave --pairs out")
    from sacrebleu.metrics.chrf import CHRF

    pairs = read_pairs(pairs_file)
    sources = [cut(pair.french) for pair in pairs]
    outputs = iter(translations(model, [sentence for source in sources for sentence in source]))
    found = [" ".join(islice(outputs, len(source))) for source in sources]
    wanted = [names(pair.french) & names(pair.english) for pair in pairs]
    kept = [names(text) & words for text, words in zip(found, wanted, strict=True)]
    total, copied = (sum(map(Counter.total, counts)) for counts in (wanted, kept))
    chrf = CHRF().corpus_score(found, [[pair.english for pair in pairs]]).score
    return {"told": {"chrf": chrf, "copied": copied / total if total else None, "to_copy": total, "n": len(pairs)}}


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file; DataError where it cannot be read, or a line of it is no pair."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "pass a text file of lines `source ||| target` with --pairs") from None
    pairs = [Pair(*map(str.strip, line.split("|||", 1))) for line in lines if "|||" in line]
    if not pairs or len(pairs) < len(lines) or not all(map(all, pairs)):
        raise DataError(f"{path} has a line that is no pair", "write `source ||| target` on each line")
    return pairs


def names(text: str) -> Counter[str]:
    """The words of a text that have a capital or a digit."""
    return Counter(word for word in _WORD.findall(text) if any(sign.isupper() or sign.isdigit() for sign in word))


def translations(model: Net, texts: list[str], beams: int = BEAMS) -> list[str]:
    """The best output for each text, in their order; texts of about one length go together."""
    assert isinstance(model, Translator)
    ids = [read(model, text) for text in texts]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found = [""] * len(ids)
    for start in range(0, len(order), SENTENCES):
        chunk = order[start : start + SENTENCES]
        source = padded([ids[i] for i in chunk])
        for i, outputs in zip(chunk, search(model, source, source != PAD, beams), strict=True):
            found[i] = written(outputs[0].tokens, tokenizer=model.target, end=END)[0]
    return found


def read(model: Translator, text: str) -> list[int]:
    """The ids that the model is given of a text."""
    return model.source.encode(calm(text, tokenizer=model.source)).ids


def alignment(model: Net, links_file: Path) -> Metrics:
    """The alignment error rate against a file of human links, the given translations forced on the model, and a diagonal's.

    `warning`, where the rate is lower with the two columns of the file the other way round: they seem to be swapped.
    """
    if not isinstance(model, Translator):
        raise CardError(f"{model.card.name} translates nothing, so it has no alignment", "leave --links out")
    gold = read_links(links_file)
    found = [links(model, one) for one in gold]
    rate = error_rate(zip(found, gold, strict=True))
    figures: Metrics = {
        "alignment_error": rate,
        "diagonal_error": error_rate((by_diagonal(one), one) for one in gold),
        "pairs": len(gold),
    }  # fmt: skip
    other = [turned(one) for one in gold]
    if error_rate((links(model, one), one) for one in other) < rate:
        figures["warning"] = (
            f"the columns of {links_file.name} seem to be swapped: {model.card.name} makes fewer errors the other way round"
        )
    return figures
