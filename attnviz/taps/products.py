"""Where weights meet values: which axis is summed over, and which of the others are the queries'.

Axes that only weights have are those of the queries; axes that both have stand side by side: examples, heads, windows.
"""

from collections.abc import Sequence

from torch import Tensor, nn


def constant(tensor: Tensor) -> bool:
    """Whether it is a parameter, or a part of one: what meets it is projected."""
    if type(tensor) is nn.Parameter:
        return True
    return not tensor.is_inference() and type(tensor._base) is nn.Parameter


def by_matmul(weights: Tensor, values: Tensor) -> Tensor | None:
    """(..., query, key) of weights on the left; heads that share a key head may stand on an axis of their own."""
    if values.ndim < 2 or weights.shape[-1] != values.shape[-2]:
        return None
    if weights.ndim == 5 and values.ndim == 5 and values.shape[2] == 1:
        return weights.flatten(1, 2)
    return weights if weights.ndim > 1 else weights[None]


def by_einsum(equation: str, first: int, weights: Tensor, values: Tensor) -> Tensor | None:
    """The same, of the operand `first`; None where no axis of both is summed over."""
    inputs, arrow, out = equation.replace(" ", "").partition("->")
    names = [_spelled(part, tensor.ndim) for part, tensor in zip(inputs.split(","), _ordered(first, weights, values), strict=True)]
    mine, others = names[first], names[1 - first]
    if not arrow:
        together = [*mine, *others]
        out = "".join(sorted(letter for letter in together if together.count(letter) == 1))
    hidden = max(sum(letter.isdigit() for letter in part) for part in names)
    given = _spelled(out, len(out.replace("...", "")) + hidden)
    keys = [letter for letter in mine if letter in others and letter not in given]
    if len(keys) != 1 or not set(given) >= set(mine) - set(keys):
        return None
    queries = [letter for letter in mine if letter not in others]
    return _canonical(weights, [mine.index(letter) for letter in queries], mine.index(keys[0]))


def einsum_pairs(equation: str) -> bool:
    """Whether two operands stand side by side along an axis, and are multiplied along another: else one is a matrix of weights."""
    inputs, arrow, out = equation.replace(" ", "").partition("->")
    names = inputs.split(",")
    shared = (set(names[0]) & set(names[1])) - {"."}
    dots = "..." in names[0] and "..." in names[1]
    return bool(arrow) and bool(shared - set(out)) and (dots or bool(shared & set(out)))


def _ordered(first: int, weights: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    return (weights, values) if first == 0 else (values, weights)


def _spelled(part: str, axes: int) -> list[str]:
    """One name an axis; those behind three dots are numbers, counted from their end."""
    if "..." not in part:
        return list(part)
    before, after = part.split("...")
    hidden = axes - len(before) - len(after)
    return [*before, *(str(hidden - 1 - i) for i in range(hidden)), *after]


def by_sum(weights: Tensor, values: tuple[int, ...], axis: int) -> Tensor | None:
    """The same, where weights times values, one by one, are summed along an axis of their product."""
    spread = weights.view((1,) * (len(values) - weights.ndim) + tuple(weights.shape))
    axis %= len(values)
    if spread.shape[axis] != values[axis]:
        return None
    features = [i for i, size in enumerate(values) if spread.shape[i] == 1 < size]
    before = [i for i in range(len(values)) if i != axis and i not in features]
    queries = [i for i in before if values[i] == 1 < spread.shape[i]]
    if not queries and axis - 1 in before and values[axis - 1] == 1 and axis - 1 > 0:
        queries = [axis - 1]
    whole = spread.squeeze([i for i in features if i != axis]) if features else spread
    kept = [i for i in range(len(values)) if i not in features]
    return _canonical(whole, [kept.index(i) for i in queries], kept.index(axis))


def _canonical(weights: Tensor, queries: Sequence[int], key: int) -> Tensor:
    """(side by side ..., query, key); one query where no axis is theirs."""
    beside = [i for i in range(weights.ndim) if i != key and i not in queries]
    moved = weights.permute(*beside, *queries, key)
    return moved if queries else moved.unsqueeze(-2)
