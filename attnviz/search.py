"""How a translator's tokens become a sentence: the beams that stay most probable, one of them being the greedy choice."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from attnviz.nets.translator import END, PAD, START, State, Translator

# The most tokens of an output: 25 words of which some are spelled.
LIMIT = 64


@dataclass(frozen=True)
class Output:
    """What was written: ids without [START], and the logarithm of each token's probability after those before it.

    `score`: their mean, by which beams are ranked. `finished`: whether it ends with [END], and not at the limit.
    """

    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    score: float

    @property
    def finished(self) -> bool:
        return bool(self.tokens) and self.tokens[-1] == END


@torch.no_grad()
def search(
    net: Translator, source: Tensor, source_mask: Tensor, beams: int = 1, limit: int = LIMIT, prefix: tuple[int, ...] = (),
    tell: Callable[[float], object] = lambda _: None,
) -> list[list[Output]]:  # fmt: skip
    """(batch, source) ids and mask -> for each source `beams` outputs, the best first; with one beam, the greedy choice.

    `prefix`: ids that every output begins with. `limit`: the most tokens of an output.
    `tell` hears before every step, from 0 to 1, how much of the limit is written; what it raises ends the search.
    """
    state = net.start(source, source_mask)
    state = select(state, torch.arange(len(source)).repeat_interleave(beams))
    logits, state, chances = _forced(net, state, (START, *prefix), len(source) * beams)
    tokens = torch.tensor(prefix, dtype=torch.long).expand(len(source), beams, -1)
    # At first all beams of a source are the same, so all but one are out.
    scores = torch.full((len(source), beams), -torch.inf)
    scores[:, 0] = chances.sum()
    chances = chances.expand(len(source), beams, -1)
    done = torch.zeros(len(source), beams, dtype=torch.bool)
    for step in range(len(prefix), limit):
        tell(step / limit)
        steps = allowed(logits.float().log_softmax(-1).view(len(source), beams, -1), done)
        size = steps.shape[-1]
        scores, place = (scores[:, :, None] + steps).flatten(1).topk(beams)
        parent, token = place // size, place % size
        chance = steps.flatten(1).gather(1, place)
        tokens = torch.cat([_of(tokens, parent), token[:, :, None]], dim=2)
        chances = torch.cat([_of(chances, parent), chance[:, :, None]], dim=2)
        done = done.gather(1, parent) | (token == END)
        if done.all():
            break
        rows = (torch.arange(len(source))[:, None] * beams + parent).flatten()
        logits, state = net.advance(select(state, rows), token.flatten())
    return [ranked(*parts) for parts in zip(tokens.tolist(), chances.tolist(), strict=True)]


def select(state: State, rows: Tensor) -> State:
    """The state of chosen examples of the batch."""
    return {name: tensor[rows] for name, tensor in state.items()}


def allowed(steps: Tensor, done: Tensor) -> Tensor:
    """Log-probabilities (batch, beam, token) without what nobody writes; a beam that is done goes on with [PAD], for nothing."""
    steps[..., PAD] = steps[..., START] = -torch.inf
    steps[done] = -torch.inf
    steps[..., PAD][done] = 0
    return steps


def ranked(tokens: list[list[int]], chances: list[list[float]]) -> list[Output]:
    """The outputs of one source, the best first: the mean of log-probabilities, so that short ones have no advantage."""
    found = []
    for ids, logs in zip(tokens, chances, strict=True):
        length = ids.index(END) + 1 if END in ids else len(ids)
        score = sum(logs[:length]) / max(1, length)
        found.append(Output(tuple(ids[:length]), tuple(logs[:length]), score))
    return sorted(found, key=lambda output: -output.score)


def _forced(net: Translator, state: State, tokens: tuple[int, ...], batch: int) -> tuple[Tensor, State, Tensor]:
    """The logits and state after given tokens, and the log-probabilities (token - 1) of all but the first, of the first row."""
    chances = []
    logits, state = net.advance(state, torch.full((batch,), tokens[0]))
    for token in tokens[1:]:
        chances.append(logits[0].float().log_softmax(-1)[token])
        logits, state = net.advance(state, torch.full((batch,), token))
    return logits, state, torch.stack(chances) if chances else torch.zeros(0)


def _of(table: Tensor, parent: Tensor) -> Tensor:
    """(batch, beam, step) reordered by (batch, beam)."""
    return table.gather(1, parent[:, :, None].expand(-1, -1, table.shape[2]))
