"""What if a gate had been shut: against the layers' formulas, bit by bit where nothing changes, and beside other threads."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz import intervene, record
from attnviz.errors import ChangeError, NothingRecorded, PromiseBroken, UnknownLayer
from attnviz.intervene import gated
from attnviz.layers import ECA, ChannelGate, SpatialGate, SqueezeExcitation
from attnviz.nets.resnet import ResNet
from tests import tiny

PHOTOS = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
X = torch.randn(2, 8, 6, 5, generator=torch.Generator().manual_seed(0))
GATES = {"cbam": lambda: ChannelGate(8, reduction=2), "se": lambda: SqueezeExcitation(8, reduction=2), "eca": lambda: ECA(8)}
every_gate = pytest.mark.parametrize("make", GATES.values(), ids=GATES)
CHANNEL = {"cbam": "stages.0.block.cbam.channel", "se": "stages.0.block.se", "eca": "stages.0.block.eca"}
FIRST = CHANNEL["cbam"]


def photo_net(attention: str) -> ResNet:
    torch.manual_seed(0)
    return ResNet(3, [8, 16], attention, **({} if attention == "eca" else {"reduction": 4})).eval()


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(1)
    return nn.ModuleDict({"gate": make()})


def said(model: nn.Module, *inputs: Tensor) -> tuple[Tensor, dict[str, np.ndarray]]:
    """Outputs, and what each layer said of the first example."""
    with torch.no_grad(), record(model) as tape:
        outputs = model(*inputs)
    return outputs, {m.layer: m.dense() for m in tape}


@every_gate
def test_a_gate_set_to_0_takes_its_channel_away_and_1_lets_all_of_it_through(make: Callable[[], nn.Module]) -> None:
    model = seeded(make)
    with torch.no_grad():
        plain = model["gate"](X)
        with intervene(model, {"gate": {3: 0.0, 5: 1.0}}):
            changed = model["gate"](X)
    expected = plain.clone()
    expected[:, 3] = 0
    expected[:, 5] = X[:, 5]
    assert torch.equal(changed, expected)


def test_a_place_set_to_0_takes_that_place_away_from_all_channels() -> None:
    model = seeded(SpatialGate)
    with torch.no_grad():
        plain = model["gate"](X)
        with intervene(model, {"gate": {(2, 4): 0.0}}):
            changed = model["gate"](X)
    expected = plain.clone()
    expected[:, :, 2, 4] = 0
    assert torch.equal(changed, expected)


@pytest.mark.parametrize("attention", CHANNEL)
def test_a_whole_net_goes_on_with_what_was_left(attention: str) -> None:
    """A gate of 0 is the same as a norm before it that gives 0: weight and bias of that channel set to 0."""
    net, other = photo_net(attention), photo_net(attention)
    layer, norm = CHANNEL[attention], other.stages[0].block.body[-1]
    with torch.no_grad(), record(net) as tape:
        plain = net(PHOTOS)
    gates = torch.from_numpy(np.stack([tape.example(i)[layer].dense() for i in range(2)]))
    gates[:, 2] = 0
    with torch.no_grad(), intervene(net, {layer: {2: 0.0}}):
        changed = net(PHOTOS)
    norm.weight.data[2] = norm.bias.data[2] = 0
    with torch.no_grad(), intervene(other, {layer: lambda _: gates}):  # the other gates see that their neighbour is gone
        expected = other(PHOTOS)
    assert not torch.equal(changed, plain)
    torch.testing.assert_close(changed, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("attention", CHANNEL)
def test_gates_set_to_what_they_were_give_the_same_logits_to_the_last_bit(attention: str) -> None:
    net = photo_net(attention)
    plain, gates = said(net, PHOTOS[:1])
    with intervene(net, {layer: lambda _, was=was: torch.tensor(was)[None] for layer, was in gates.items()}):
        again, _ = said(net, PHOTOS[:1])
    assert torch.equal(plain, again)


def test_the_recorded_map_is_the_changed_one_with_a_note() -> None:
    net = tiny.photo_net()
    with torch.no_grad(), intervene(net, {FIRST: {1: 0.0, 4: 1.0}}), record(net) as tape:
        net(PHOTOS[:1])
    m = tape[FIRST]
    assert m.dense()[[1, 4]].tolist() == [0, 1]
    assert m.notes == ("2 of 8 numbers were set by hand, and the layer went on with them.",)
    assert tape["stages.1.block.cbam.channel"].notes == ()


def test_a_recording_begun_before_sees_the_change_too() -> None:
    net = tiny.photo_net()
    with torch.no_grad(), record(net) as tape, intervene(net, {FIRST: {1: 0.0}}):
        net(PHOTOS[:1])
    assert tape[FIRST].dense()[1] == 0


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_afterwards_all_is_as_before_also_after_an_error(error: type[BaseException] | None) -> None:
    net = tiny.photo_net()
    plain, _ = said(net, PHOTOS)
    state = {name: set(vars(module)) for name, module in net.named_modules()}
    try:
        with intervene(net, {FIRST: {1: 0.0}}):
            said(net, PHOTOS)
            if error:
                raise error("inside")
    except BaseException as caught:
        assert type(caught) is error  # noqa: PT017  (KeyboardInterrupt would end pytest)
    assert torch.equal(said(net, PHOTOS)[0], plain)
    assert {name: set(vars(module)) for name, module in net.named_modules()} == state


def test_changes_nest_and_the_inner_one_has_the_last_word() -> None:
    net = tiny.photo_net()
    with intervene(net, {FIRST: {1: 0.0, 2: 0.0}}):
        with intervene(net, {FIRST: {2: 1.0, 3: 1.0}}):
            _, inner = said(net, PHOTOS)
        _, outer = said(net, PHOTOS)
    assert inner[FIRST][[1, 2, 3]].tolist() == [0, 1, 1]
    assert outer[FIRST][[1, 2]].tolist() == [0, 0]
    assert outer[FIRST][3] != 1


def test_a_layer_may_be_named_by_its_beginning() -> None:
    net = tiny.photo_net(attention="se")
    with intervene(net, {"stages.1": {0: 0.0}}):
        _, gates = said(net, PHOTOS)
    assert gates["stages.1.block.se"][0] == 0


def test_gradients_flow_through_what_was_not_changed() -> None:
    net = tiny.photo_net(attention="se")
    with intervene(net, {CHANNEL["se"]: {0: 0.0}}):
        net(PHOTOS).sum().backward()
    last = net.stages[0].block.se.mlp[2].weight.grad
    assert last[0].abs().max() == 0
    assert last[1:].abs().max() > 0


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"stages.7": {0: 0.0}}, UnknownLayer, "No layer called 'stages.7' can be changed. Those that can are stages.0.block.cbam"),
        ({"stages.0": {0: 0.0}}, UnknownLayer, "2 layers begin with 'stages.0'"),
        ({FIRST: {8: 0.0}}, ChangeError, "no place 8. Places are below 8"),
        ({FIRST: {(0, 1): 0.0}}, ChangeError, "no place"),
        ({FIRST: lambda w: w[:, :3]}, ChangeError, r"weights of shape \(2, 8\) were changed to \(2, 3\)"),
        ({FIRST: lambda _: None}, ChangeError, "changed to NoneType"),
        ({FIRST: {0: 1.5}}, PromiseBroken, "outside 0 to 1"),
        ({FIRST: {0: float("nan")}}, PromiseBroken, "not finite"),
        ({FIRST: {0: 0.0}, FIRST[:-1]: {1: 0.0}}, ChangeError, "two changes are for one layer"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_the_layer(changes: dict, error: type[Exception], said: str) -> None:
    net = tiny.photo_net()
    with pytest.raises(error, match=f"(?i){said}"), intervene(net, changes):
        net(PHOTOS)


def test_a_model_of_others_has_nothing_to_change() -> None:
    net = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval()
    with pytest.raises(UnknownLayer, match="This model has no layers of attnviz"), intervene(net, {"self_attn": {0: 0.0}}):
        net(torch.zeros(1, 3, 8))


def test_a_layer_that_never_ran_is_an_error() -> None:
    net = tiny.photo_net()
    with pytest.raises(ChangeError, match=f"Layer {FIRST} never ran"), intervene(net, {FIRST: {0: 0.0}}):
        pass


def test_the_feature_maps_behind_a_gate_are_what_it_multiplies() -> None:
    net, seen = tiny.photo_net(), {}
    body = net.stages[0].block.body
    handle = body.register_forward_hook(lambda _, __, out: seen.update(before=out.detach().clone()))
    with torch.no_grad(), intervene(net, {FIRST: {1: 0.0}}), gated(net, [FIRST]) as kept, record(net) as tape:
        net(PHOTOS)
    handle.remove()
    assert list(kept) == [FIRST]
    assert np.array_equal(kept[FIRST].before, seen["before"][0].numpy())
    assert np.array_equal(kept[FIRST].gates, tape[FIRST].dense())
    assert kept[FIRST].after[1].max() == 0
    assert np.array_equal(kept[FIRST].after[2], kept[FIRST].before[2] * tape[FIRST].dense()[2])


def test_feature_maps_are_refused_where_there_are_no_channel_gates() -> None:
    net = tiny.photo_net()
    with torch.no_grad(), pytest.raises(NothingRecorded, match="spatial"), gated(net, ["stages.0.block.cbam.spatial"]):
        net(PHOTOS)
    with pytest.raises(NothingRecorded, match="showed no feature maps"), gated(net, [FIRST]):
        pass


@pytest.fixture
def _restless() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_restless")
def test_threads_with_changes_of_their_own_and_one_without_do_not_mix() -> None:
    net, rounds, threads = tiny.photo_net(), 40, 5

    def visit(channel: int) -> list[float]:
        changes = {FIRST: {channel: 0.0}} if channel else {}
        with intervene(net, changes):
            return said(net, PHOTOS[:1])[0][0].tolist()

    alone = [visit(channel) for channel in range(threads)]
    assert len({tuple(each) for each in alone}) == threads
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            assert list(pool.map(visit, range(threads))) == alone


def test_a_plain_call_in_another_thread_hears_nothing_of_a_change() -> None:
    net = tiny.photo_net()
    plain, _ = said(net, PHOTOS)
    with intervene(net, {FIRST: {1: 0.0}}), ThreadPoolExecutor(1) as pool:
        net(PHOTOS)
        assert torch.equal(pool.submit(lambda: said(net, PHOTOS)[0]).result(), plain)
