"""sentiment-hard: a selector picks words by chance, a reader decides from them alone, taught by sentiment-minilm.

Both begin as sentiment-soft, and so does the vocabulary. The reader learns from what was picked; the selector learns by
REINFORCE, with the mean of the other samples as baseline. A picked word has a price, which rises while more than the wanted
share is picked and falls while less is. At first the selector also learns to pick words that people rated as not neutral, so
that the reader has something to read. Two things learn along and are not shipped: the price, and a head on the selector's
states, which learns the answer so that the selector knows what it is looking for.
"""

from pathlib import Path
from typing import cast

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.layers.hard import log_odds, reinforce
from attnviz.load import load, tokenizer_of
from attnviz.nets.hard_classifier import HardClassifier
from attnviz.nets.soft_classifier import SoftClassifier
from attnviz.train.distil import Distilled

BASE = "sentiment-soft"
SAMPLES = 3
SHARE = 0.27
FEWEST = 4  # words of a phrase; of fewer there is little to choose
LONG = 8  # words from which on a text counts for the share: in a phrase of two words one is a half
HASTE = 0.02
FIRST_PRICE = 0.01
WARM = 1 / 8  # of the training
EVAL_BATCH = 64
MOST_PICKED = 0.29


class HardRun(Distilled):
    """Cross-entropy over sampled picks, REINFORCE for the selector, and the price of a pick."""

    epochs = 5
    rate = 1e-3
    averaging = 0.99

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        super().__init__(card, data, device)
        self.warm_steps = WARM * self.epochs * self.steps()
        self.laden = torch.full((card.config["vocab_size"],), -1.0)  # for the token of a word: 1 laden, 0 not, -1 not known
        for word, rating in self.words.items():
            tokens, _ = self.encoded(word)
            if len(tokens) == 1:
                self.laden[tokens[0]] = float(rating != 2)

    def tells(self, text: str, rating: int) -> bool:
        return rating != 2 and len(text.split()) >= FEWEST

    def make_tokenizer(self, card: ModelCard, data: Path) -> Tokenizer:  # noqa: ARG002
        return tokenizer_of(load(BASE).card)

    def begin(self) -> None:
        soft, net = cast(SoftClassifier, load(BASE)), cast(HardClassifier, self.net)
        net.embedding.load_state_dict(soft.embedding.state_dict())
        for part in (net.selector, net.reader):
            part.narrow.load_state_dict(soft.narrow.state_dict())
            part.encoder.load_state_dict(soft.encoder.state_dict())
        net.reader.attention.load_state_dict(soft.attention.state_dict())
        net.reader.classifier.load_state_dict(soft.classifier.state_dict())

    def make_helper(self) -> nn.Module:
        net = cast(HardClassifier, self.net)
        return Helper(2 * net.selector.encoder.lstm.hidden_size, net.reader.classifier.out_features)

    def loss(self, tensors: dict[str, Tensor], targets: Tensor) -> Tensor:
        net, helper = cast(HardClassifier, self.net), cast(Helper, self.helper)
        ids, mask, word_ids = tensors["input_ids"], tensors["attention_mask"], tensors["word_ids"]
        states = net.selector.states(net.embedding(ids), mask.sum(1))
        scores, words = net.selector.scores(states, mask, word_ids)
        odds = scores.sigmoid() * words
        picks = (torch.rand(SAMPLES, *odds.shape, device=odds.device) < odds) & words
        repeated = {name: tensor.repeat(SAMPLES, 1) for name, tensor in tensors.items()}
        logits = net.read(**repeated, picks=picks.flatten(0, 1)).view(SAMPLES, len(ids), -1)
        losses = -(targets * logits.log_softmax(-1)).sum(-1)
        helper.haggle(odds.detach(), words)
        total = losses.mean() + reinforce(log_odds(scores, picks, words), losses) + helper.price * odds.sum(1).mean()
        return total + F.cross_entropy(helper(states, mask), targets) + self.warmth() * self.obvious(scores, tensors)

    def warmth(self) -> float:
        """From 1 to 0 over the first part of the training."""
        return max(0.0, 1 - self.schedule.last_epoch / self.warm_steps)

    def obvious(self, scores: Tensor, tensors: dict[str, Tensor]) -> Tensor:
        """How far the odds are from picking the words of one token that people rated as not neutral."""
        laden = self.laden[tensors["input_ids"].cpu()].to(scores.device)
        known = (laden >= 0) & tensors["attention_mask"].bool()
        chosen = scores.gather(1, tensors["word_ids"])[known]
        return F.binary_cross_entropy_with_logits(chosen, laden[known]) if len(chosen) else scores.sum() * 0

    @torch.no_grad()
    def validate(self) -> float:
        """Accuracy; weights that pick more than MOST_PICKED of the words are not kept."""
        self.ema.eval()
        net = cast(HardClassifier, self.ema.module)
        right, share = 0, 0.0
        for start in range(0, len(self.held_out), EVAL_BATCH):
            chunk = self.held_out[start : start + EVAL_BATCH]
            tensors = self.tensors([self.encoded(text) for text, _ in chunk])
            scores, words = net.scores(**tensors)
            picks = (scores > 0) & words
            share += float((picks.sum(1) / words.sum(1)).sum())
            chosen = net.read(**tensors, picks=picks).argmax(-1).tolist()
            right += sum(int(a == label) for a, (_, label) in zip(chosen, chunk, strict=True))
        accuracy, picked = right / len(self.held_out), share / len(self.held_out)
        print(f"picked {picked:.3f}, price {float(cast(Helper, self.helper).price):.4f}")
        if picked <= MOST_PICKED or not self.best.weights:
            self.best.offer(accuracy if picked <= MOST_PICKED else 0.0, net)
        return accuracy


class Helper(nn.Module):
    """The head on the selector's states, and the price of a picked word, in nats."""

    price: Tensor

    def __init__(self, features: int, labels: int) -> None:
        super().__init__()
        self.answer = nn.Linear(features, labels)
        self.register_buffer("price", torch.tensor(FIRST_PRICE))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, feature), (batch, token) -> logits (batch, label) from the mean state."""
        real = mask[:, :, None].to(states.dtype)
        return self.answer((states * real).sum(1) / real.sum(1))

    def haggle(self, odds: Tensor, words: Tensor) -> None:
        """Moves the price by how far the expected share of picks in long texts is from the wanted one."""
        long = words.sum(1) >= LONG
        if long.any():
            share = (odds.sum(1) / words.sum(1))[long].mean()
            self.price.mul_(torch.exp(HASTE * (share / SHARE - 1)).clamp(0.9, 1.1))
