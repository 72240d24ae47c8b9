"""Branches that a model runs in threads of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz import record
from attnviz.errors import HiddenKernel

X = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))


def branch(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()


class Ensemble(nn.Module):
    def __init__(self, run: Callable[[nn.ModuleList, Tensor], Tensor]) -> None:
        super().__init__()
        self.members, self.run = nn.ModuleList(map(branch, range(3))), run

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self.members, x)


def beside(members: nn.ModuleList, x: Tensor) -> Tensor:
    """The first at home, while the others run."""
    with ThreadPoolExecutor(2) as pool:
        others = [pool.submit(member, x) for member in list(members)[1:]]
        return members[0](x) + sum(other.result() for other in others)


def all_away(members: nn.ModuleList, x: Tensor) -> Tensor:
    with ThreadPoolExecutor(3) as pool:
        return torch.stack(list(pool.map(lambda member: member(x), members))).sum(0)


def bare_threads(members: nn.ModuleList, x: Tensor) -> Tensor:
    found: list[Tensor] = []
    running = [threading.Thread(target=lambda member=member: found.append(member(x))) for member in members]
    for one in running:
        one.start()
    for one in running:
        one.join()
    return torch.stack(found).sum(0)


@pytest.mark.parametrize("run", [beside, all_away, bare_threads])
def test_each_branch_is_recorded_with_its_own_weights(run: Callable[[nn.ModuleList, Tensor], Tensor]) -> None:
    model = Ensemble(run)
    with torch.no_grad(), record(model) as tape:
        model(X)
    assert sorted(tape.layers) == [f"members.{i}.self_attn" for i in range(3)]
    for i, member in enumerate(model.members):
        _, own = member.self_attn(X, X, X, average_attn_weights=False)  # type: ignore[operator, union-attr]
        for example in range(2):
            found = tape.example(example)[f"members.{i}"].dense()
            np.testing.assert_allclose(found, own[example].detach(), atol=1e-6)


def test_a_branch_of_which_nothing_tells_whose_it_is_is_named() -> None:
    def run(members: nn.ModuleList, x: Tensor) -> Tensor:
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(lambda: members[1](X.clone()))
            return members[0](x) + other.result()

    with torch.no_grad(), record(model := Ensemble(run)) as tape:
        model(X.clone())
    assert tape.layers == ("members.0.self_attn",)
    assert [refusal.layer for refusal in tape.refused] == ["members.1"]
    with pytest.raises(HiddenKernel, match=r"Layer members\.1: it ran in another thread"):
        tape["members.1"]


def test_another_visitor_on_the_same_model_is_neither_followed_nor_named() -> None:
    model, started, done = Ensemble(lambda members, x: members[0](x)), threading.Event(), threading.Event()

    def visit() -> None:
        started.wait()
        model(torch.ones(3, 5, 16))
        done.set()

    class Waiting(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            started.set()
            done.wait(10)
            return x

    net = nn.Sequential(Waiting(), model)
    thread = threading.Thread(target=visit)
    thread.start()
    with torch.no_grad(), record(net) as tape:
        net(X)
    thread.join()
    assert tape.layers == ("1.members.0.self_attn",)
    assert tape.batch == 2
    assert len(tape.refused) <= 1
