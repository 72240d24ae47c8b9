"""The figures in a translator's card: how well it translates, and whether its attention links words."""

from pathlib import Path
from typing import Any

from attnviz.alignment import by_diagonal, error_rate, links, read_links, turned
from attnviz.data import tatoeba
from attnviz.encode.translation import calm, written
from attnviz.errors import CardError
from attnviz.nets import Net, Translator
from attnviz.nets.translator import END, PAD, padded
from attnviz.search import search

Metrics = dict[str, Any]
BEAMS = 4
SENTENCES = 64


def translation(model: Net, data: Path) -> Metrics:
    """BLEU and chrF by sacrebleu, with its defaults, of the best of 4 beams, over every pair of the 2,000 held-out sentences.

    Each pair is a source of its own with one reference; a sentence with several French translations counts several times.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    pairs = tatoeba.split(data)["test"]
    found = translations(model, [pair.french for pair in pairs])
    references = [[pair.english for pair in pairs]]
    bleu, chrf = (metric.corpus_score(found, references).score for metric in (BLEU(), CHRF()))
    return {"bleu": bleu, "chrf": chrf, "n": len(pairs), "sentences": len({pair.english for pair in pairs})}


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
