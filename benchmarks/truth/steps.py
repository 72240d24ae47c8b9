"""Steps of a generation with a cache of keys and values."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.draw import Draw
from benchmarks.truth.told import AGAIN, CLOSE, Telling

SHARP = 2.0


@dataclass
class Cache:
    """Keys and values of a layer so far, (row, key head, position, feature), and where the first of them stood."""

    key: Tensor | None = None
    value: Tensor | None = None
    start: int = 0
    seen: int = 0


@dataclass
class State:
    """The caches of a generation by layer, and which row each row went on from before the step that comes."""

    caches: dict[int, Cache] = field(default_factory=dict)
    beams: tuple[int, ...] | None = None


class Cached(Telling):
    """Self-attention whose keys grow; `window`: only the last are kept; `length`: the cache has that many places from the start."""

    def __init__(self, draw: Draw, c: int, h: int, g: int) -> None:
        super().__init__()
        self.h, self.g = h, g
        self.q, self.kv, self.out = nn.Linear(c, h * 4), nn.Linear(c, 2 * g * 4), nn.Linear(h * 4, c)
        self.fused = draw.chance(0.5)
        ways = {"growing": (0, 0), "window": (draw.size(3, 4), 0), "static": (0, 12)}
        self.window, self.length = draw.part("cache", ways, (70, 15, 15))
        self.folded = self.fused and g < h and draw.chance(0.5)
        draw.note("kernel", "fused" if self.fused else "spelled")

    def forward(self, x: Tensor, state: State, layer: int) -> Tensor:
        cache = state.caches.setdefault(layer, Cache())
        query = self.q(x).unflatten(-1, (self.h, 4)).transpose(1, 2)
        key, value = (t.unflatten(-1, (self.g, 4)).transpose(1, 2) for t in self.kv(x).chunk(2, -1))
        positions = torch.arange(cache.seen, cache.seen + x.shape[1])
        key, value, places = self._kept(cache, key, value)
        mask = places[None] <= positions[:, None]
        if self.window:
            mask &= places[None] > positions[:, None] - self.window
        k, v = (t.repeat_interleave(self.h // self.g, 1) for t in (key, value))
        scores = SHARP * query @ k.mT
        seen = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        if not self.fused:
            weights = F.softmax(seen, -1, dtype=torch.float32).to(x.dtype)
            self._tell(weights, places, state, CLOSE[x.dtype])
            out = weights @ v
        else:
            again = (SHARP * query.double() @ k.double().mT).masked_fill(~mask, -torch.inf).softmax(-1)
            self._tell(again, places, state, AGAIN)
            out = self._kernel(query, key, value, k, v, mask)
        return self.out(out.transpose(1, 2).flatten(2))

    def _kernel(self, query: Tensor, key: Tensor, value: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        if self.folded and query.shape[2] == 1:  # as transformers does: the heads of a key head are its queries
            folded = query.reshape(len(query), self.g, -1, 4)
            return F.scaled_dot_product_attention(folded, key, value, attn_mask=mask[None, None], scale=SHARP).view_as(query)
        if self.g < self.h and not self.folded:
            return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=SHARP, enable_gqa=True)
        return F.scaled_dot_product_attention(query, k, v, attn_mask=mask, scale=SHARP)

    def _kept(self, cache: Cache, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and values that are looked at, and their positions."""
        new = torch.arange(cache.seen, cache.seen + key.shape[2])
        cache.seen += key.shape[2]
        if self.length:
            if cache.key is None or cache.value is None:
                shape = (len(key), self.g, self.length, 4)
                cache.key, cache.value = key.new_zeros(shape), value.new_zeros(shape)
            cache.key.index_copy_(2, new, key)
            cache.value.index_copy_(2, new, value)
            return cache.key, cache.value, torch.arange(self.length)
        if cache.key is not None and cache.value is not None:
            key, value = torch.cat([cache.key, key], 2), torch.cat([cache.value, value], 2)
        places = torch.arange(cache.start, cache.seen)
        cache.key, cache.value = key, value
        if self.window and key.shape[2] > self.window - 1:  # what the next step may still see
            cache.key, cache.value = key[:, :, 1 - self.window :], value[:, :, 1 - self.window :]
            cache.start = cache.seen - (self.window - 1)
        return key, value, places

    def _tell(self, weights: Tensor, places: Tensor, state: State, close: float) -> None:
        self.tell(weights, "head query key", "self", close, keys=tuple(places.tolist()), beams=state.beams)


class Crossing(Telling):
    """Cross-attention whose keys are worked out once."""

    def __init__(self, draw: Draw, c: int, h: int) -> None:
        super().__init__()
        self.h, self.fused = h, draw.chance(0.5)
        self.q, self.kv, self.out = nn.Linear(c, h * 4), nn.Linear(c, 2 * h * 4), nn.Linear(h * 4, c)

    def forward(self, x: Tensor, memory: Tensor, state: State, layer: int) -> Tensor:
        cache = state.caches.setdefault(1000 + layer, Cache())
        if cache.key is None or cache.value is None:
            cache.key, cache.value = (t.unflatten(-1, (self.h, 4)).transpose(1, 2) for t in self.kv(memory).chunk(2, -1))
        query = self.q(x).unflatten(-1, (self.h, 4)).transpose(1, 2)
        keys = tuple(range(memory.shape[1]))
        if self.fused:
            again = (SHARP * query.double() @ cache.key.double().mT).softmax(-1)
            self.tell(again, "head query key", "soft", AGAIN, keys=keys, beams=state.beams)
            out = F.scaled_dot_product_attention(query, cache.key, cache.value, scale=SHARP)
        else:
            weights = (SHARP * query @ cache.key.mT).softmax(-1)
            self.tell(weights, "head query key", "soft", keys=keys, beams=state.beams)
            out = weights @ cache.value
        return self.out(out.transpose(1, 2).flatten(2))


class Decoder(nn.Module):
    """(row, position) ids -> (row, position, word) scores; `memory`: what it translates."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__()
        h = draw.size(2, 4)
        g = draw.size(1, 2) if draw.chance(0.4) else h
        draw.note("heads", f"{g} of {h}" if g != h else h)
        self.words, self.where = nn.Embedding(30, c), nn.Embedding(16, c)
        self.layers = nn.ModuleList(Cached(draw, c, h, g) for _ in range(draw.size(1, 2)))
        crosses = draw.chance(0.35)
        draw.note("memory", crosses)
        self.crossing = nn.ModuleList(Crossing(draw, c, h) for _ in self.layers) if crosses else None
        self.head = nn.Linear(c, 30)

    def forward(self, ids: Tensor, state: State, memory: Tensor | None = None) -> Tensor:
        seen = state.caches[0].seen if state.caches else 0
        x = self.words(ids) + self.where(torch.arange(seen, seen + ids.shape[1]))
        for i, layer in enumerate(self.layers):
            x = x + layer(x, state, i)
            if self.crossing is not None and memory is not None:
                x = x + self.crossing[i](x, memory, state, i)
        return self.head(x)


class Generation(nn.Module):
    """A prompt and some steps, inside of one call of the model; or outside, where somebody calls the decoder step by step."""

    def __init__(self, decoder: Decoder, steps: int) -> None:
        super().__init__()
        self.decoder, self.steps = decoder, steps

    def forward(self, ids: Tensor, memory: Tensor | None = None) -> Tensor:
        return generate(self.decoder, ids, memory, self.steps, None)


def generate(
    decoder: nn.Module, ids: Tensor, memory: Tensor | None, steps: int, orders: list[tuple[int, ...]] | None
) -> Tensor:  # fmt: skip
    """The words found; `orders`: which row each row goes on from before each step, as beams do."""
    state, found = State(), ids
    given = ids
    for step in range(steps):
        scores = decoder(given, state, memory)
        given = scores[:, -1:].argmax(-1)
        given = (given + torch.arange(len(given))[:, None]) % 30  # rows of one prompt part here
        state.beams = orders[step] if orders is not None else None
        if state.beams is not None:
            order = torch.tensor(state.beams)
            given, found = given[order], found[order]
            for cache in state.caches.values():
                if cache.key is not None and cache.value is not None:
                    cache.key, cache.value = cache.key.index_select(0, order), cache.value.index_select(0, order)
        found = torch.cat([found, given], 1)
    decoder(given, state, memory)
    return found
