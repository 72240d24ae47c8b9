"""The figures of the cards of language models: held-out words, beside what counting words alone would guess."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from attnviz.data import words
from attnviz.encode import EncodedText
from attnviz.errors import CardError
from attnviz.nets import Net
from attnviz.nets.base import WordNet
from attnviz.nets.words import mask_of
from attnviz.ngrams import Numbers, Trigrams, Words

FIVE = 5
LONGEST = 96  # tokens of a sentence; the few longer ones are left out
END, MASK = "[END]", "[MASK]"

Figures = dict[str, object]


class Guess(NamedTuple):
    """How high the word that stood there was ranked, 0 the first, and its probability."""

    rank: int
    odds: float


def hidden_words(model: Net, data: Path) -> Figures:
    """`top1` and `top5`: the share of hidden words that are the most probable one, or among five, one in each test sentence.

    Words are hidden that are one piece of the vocabulary, each as likely as the others, and guessed among all those that the
    training sentences have. Beside the model `unigram`, the most frequent words; `trigram`, from the two before; and
    `trigram_around`, which multiplies the probabilities of all three trigrams that the word is part of.
    """
    net = _own(model)
    mask = _piece(net, mask_of(net.tokenizer))
    trained = [one.ids for one in net.tokenizer.encode_batch(words.sentences(data, "train"))]
    counted = Trigrams(trained, len(_pieces(net)))
    among = _words_of(net, trained)
    where = {int(piece): i for i, piece in enumerate(among)}
    guesses: dict[str, list[Guess]] = {"model": [], "unigram": [], "trigram": [], "trigram_around": []}
    random = np.random.default_rng(0)
    for encoded in _held_out(net, data):
        ids = encoded.tensors["input_ids"][0].tolist()
        places = [i for i, piece in enumerate(ids) if piece in where and not (i + 1 < len(ids) and _goes_on(net, ids[i + 1]))]
        if not places:
            continue
        place = int(random.choice(places))
        found = {
            "model": _at(net, encoded, place, mask)[among], "unigram": counted.unigram[among],
            "trigram": counted.next(ids[:place])[among], "trigram_around": counted.between(ids, place, among),
        }  # fmt: skip
        for name, odds in found.items():
            guesses[name].append(_guess(odds, where[ids[place]]))
    return _summary(guesses, _tops)


def _at(net: WordNet, encoded: EncodedText, place: int, mask: int) -> Numbers:
    """(piece,): what the model says of a place when it is hidden."""
    ids = encoded.tensors["input_ids"].clone()
    ids[0, place] = mask
    return net.guesses(net.states(ids, encoded.tensors["attention_mask"])[0, place]).double().softmax(-1).numpy()


def _goes_on(net: WordNet, piece: int) -> bool:
    return str(net.tokenizer.id_to_token(piece)).startswith("##")


def _words_of(net: WordNet, trained: list[list[int]]) -> Words:
    """The pieces that are words of letters, of those that there are in some texts."""
    seen = np.unique(np.concatenate([np.array(ids) for ids in trained]))
    return np.array([piece for piece in seen if str(net.tokenizer.id_to_token(int(piece))).isalpha()], dtype=np.int64)


def next_words(model: Net, data: Path) -> Figures:
    """`top1`, `top5` and `perplexity` of every token of the test sentences from those before it, their ends among them.

    `perplexity`: e to the mean negative logarithm of the probability of a token. Beside the model `unigram` and `trigram`.
    """
    net = _own(model)
    end = _piece(net, END)
    counted = Trigrams([[*one.ids, end] for one in net.tokenizer.encode_batch(words.sentences(data, "train"))], len(_pieces(net)))
    guesses: dict[str, list[Guess]] = {"model": [], "unigram": [], "trigram": []}
    for encoded in _held_out(net, data):
        ids = [*encoded.tensors["input_ids"][0].tolist(), end]
        odds = net(**encoded.tensors)[0].double().softmax(-1).numpy()
        for place, found in enumerate(odds):
            wanted = ids[place + 1]
            guesses["model"].append(_guess(found, wanted))
            guesses["unigram"].append(_guess(counted.unigram, wanted))
            guesses["trigram"].append(_guess(counted.next(ids[: place + 1]), wanted))
    return _summary(guesses, lambda found: {**_tops(found), "perplexity": _perplexity(found)})


def _own(model: Net) -> WordNet:
    if not isinstance(model, WordNet):
        raise CardError(f"{model.card.name} is a model of others, whose figures are theirs", "take words-masked or words-next")
    return model


def _piece(net: WordNet, token: str) -> int:
    """The number of a special token; CardError where the vocabulary has none."""
    number = net.tokenizer.token_to_id(token)
    if number is None:
        raise CardError(f"the vocabulary of {net.card.name} has no {token or MASK}", "fetch the model again")
    return int(number)


def _pieces(net: WordNet) -> dict[str, int]:
    return net.tokenizer.get_vocab()


def _held_out(net: WordNet, data: Path) -> Iterable[EncodedText]:
    encoded = (cast(EncodedText, net.encode(text)) for text in words.sentences(data, "test"))
    return (one for one in encoded if len(one.tokens) <= LONGEST)


def _guess(odds: Numbers, wanted: int) -> Guess:
    return Guess(int((odds > odds[wanted]).sum()), float(odds[wanted]))


def _summary(guesses: dict[str, list[Guess]], of: Callable[[list[Guess]], dict[str, float]]) -> Figures:
    """The model's own figures, then those of the others under their names."""
    ours = guesses.pop("model")
    return {**of(ours), **{name: of(found) for name, found in guesses.items()}, "n": len(ours)}


def _tops(found: list[Guess]) -> dict[str, float]:
    ranks = np.array([guess.rank for guess in found])
    return {"top1": float((ranks < 1).mean()), "top5": float((ranks < FIVE).mean())}


def _perplexity(found: list[Guess]) -> float:
    return float(np.exp(-np.mean(np.log([guess.odds for guess in found]))))
