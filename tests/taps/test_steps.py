"""Generation with a key-value cache against one causal pass over the same tokens."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional as F

from attnviz import record
from tests.taps.families import FAMILIES, ids

IDS = ids(9)
CAUSAL = ["GPT-2", "Llama", "Qwen3"]


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize("name", CAUSAL)
def test_steps_with_a_cache_give_the_map_of_one_pass(name: str, implementation: str) -> None:
    model, tokens = FAMILIES[name].make(implementation), IDS[:1] if implementation == "eager" else IDS
    with torch.no_grad(), record(model) as whole:
        model(tokens)
    with torch.no_grad(), record(model) as tape:
        cache = model(tokens[:, :4], use_cache=True).past_key_values
        for step in range(4, 9):
            cache = model(tokens[:, step : step + 1], past_key_values=cache, use_cache=True).past_key_values
    assert tape.layers == whole.layers
    for example in range(len(tokens)):
        for m, expected in zip(tape.example(example), whole.example(example), strict=True):
            assert m.kind == "self"
            assert m.axes == ("head", "query", "key")
            assert m.notes == ("6 calls with a cache, joined along the queries; keys that were not there yet are zero",)
            np.testing.assert_allclose(m.dense(), expected.dense(), atol=1e-5)
            np.testing.assert_allclose(m.window(1, [7, 2], slice(1, 6)), expected.window(1, [7, 2], slice(1, 6)), atol=1e-5)


def test_generate_gives_one_map_a_layer() -> None:
    import transformers as hf

    torch.manual_seed(0)
    model = hf.GPT2LMHeadModel(hf.GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4, n_positions=32)).eval()
    with record(model) as tape:
        text = model.generate(
            IDS[:1], attention_mask=torch.ones_like(IDS[:1]), max_new_tokens=5, do_sample=False, eos_token_id=None, pad_token_id=0
        )
    assert len(tape) == 2
    with torch.no_grad(), record(model) as whole:
        model(text[:, :-1])
    for m, expected in zip(tape, whole, strict=True):
        np.testing.assert_allclose(m.dense(), expected.dense(), atol=1e-5)


def test_a_decoder_joins_its_cross_attention_too() -> None:
    model = FAMILIES["BART"].make("sdpa")
    decoder = ids(5, seed=3)
    with torch.no_grad(), record(model, "decoder") as whole:
        model(input_ids=IDS, decoder_input_ids=decoder)
    with torch.no_grad(), record(model, "decoder") as tape:
        output = model(input_ids=IDS, decoder_input_ids=decoder[:, :2], use_cache=True)
        for step in range(2, 5):
            output = model(
                encoder_outputs=(output.encoder_last_hidden_state,), decoder_input_ids=decoder[:, step : step + 1],
                past_key_values=output.past_key_values, use_cache=True,
            )  # fmt: skip
    assert tape.layers == whole.layers
    for m, expected in zip(tape, whole, strict=True):
        assert m.kind == ("soft" if "encoder_attn" in m.layer else "self")
        np.testing.assert_allclose(m.dense(), expected.dense(), atol=1e-5)


def test_two_calls_without_a_cache_stay_two_records() -> None:
    model = FAMILIES["Llama"].make("sdpa")
    with torch.no_grad(), record(model, "layers.0") as tape:
        model(IDS[:, :4])
        model(IDS[:, 4:])
        model(IDS[:, :5])
    assert tape.layers == ("layers.0.self_attn", "layers.0.self_attn:1", "layers.0.self_attn:2")


def test_a_step_on_a_reordered_cache_stays_a_record_of_its_own() -> None:
    model = FAMILIES["Llama"].make("sdpa")
    with torch.no_grad(), record(model, "layers.0") as tape:
        cache = model(IDS[:, :4], use_cache=True).past_key_values
        cache.reorder_cache(torch.tensor([1, 0]))
        model(IDS[:, 4:5], past_key_values=cache)
    assert [m.shape for m in tape] == [(4, 4, 4), (4, 1, 5)]
    assert len(tape) == 2


def test_steps_keep_one_copy_of_the_keys() -> None:
    model = FAMILIES["Llama"].make("sdpa")
    with torch.no_grad(), record(model, "layers.0") as tape:
        cache = None
        for step in range(9):
            cache = model(IDS[:, step : step + 1], past_key_values=cache, use_cache=True).past_key_values
    parts = tape["layers.0"].weights.parts  # type: ignore[attr-defined]
    assert len(parts) == 9
    assert all(np.shares_memory(part.key, parts[-1].key) for part in parts)


def test_a_generation_holds_no_values_of_its_steps() -> None:
    held: list[StorageWeakRef] = []

    class Watched(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func is F.scaled_dot_product_attention:
                held.append(StorageWeakRef(args[2].untyped_storage()))
            return func(*args, **(kwargs or {}))

    model, cache = FAMILIES["Llama"].make("sdpa"), None
    with torch.no_grad(), Watched(), record(model, "layers.0") as tape:
        for step in range(6):
            cache = model(IDS[:, step : step + 1], past_key_values=cache, use_cache=True).past_key_values
    del cache
    assert len(held) == 6 * len(model.layers)
    assert all(memory.expired() for memory in held)
    assert tape["layers.0"].shape == (4, 6, 6)


def generated(model: Any, text: torch.Tensor, **options: Any) -> tuple[Any, torch.Tensor]:
    """What is recorded of eight new tokens, and the text with them."""
    fixed = {"max_new_tokens": 8, "min_new_tokens": 8, "do_sample": False, "pad_token_id": 0, "eos_token_id": 2}
    with torch.no_grad(), record(model) as tape:
        whole = model.generate(text, attention_mask=(text != 0).long(), **fixed, **options)
    return tape, whole


def causal(name: str, **config: Any) -> Any:
    import transformers as hf

    torch.manual_seed(0)
    family = FAMILIES[name]
    return getattr(hf, f"{name}ForCausalLM")(family.config(**{**family.options, **config})).eval()


@pytest.mark.parametrize(
    ("name", "config", "options"),
    [
        ("Mistral", {"sliding_window": 5}, {}),
        ("Llama", {}, {"cache_implementation": "static"}),
        ("Llama", {"num_key_value_heads": 4}, {"cache_implementation": "static"}),
        ("Qwen3", {}, {}),
    ],
)
def test_windows_fixed_memory_and_grouped_keys_give_the_map_of_one_pass(name: str, config: Any, options: Any) -> None:
    model, text = causal(name, **config), ids(6).clone()
    text[1, :2] = 0  # padding in front, which lets transformers move the heads of a group to the queries
    tape, whole = generated(model, text, **options)
    with torch.no_grad(), record(model) as once:
        model(whole[:, :-1], attention_mask=torch.cat([(text != 0).long(), torch.ones(2, 7, dtype=torch.long)], dim=1))
    assert len(tape) == len(once) == 2
    for example in range(2):
        for m, expected in zip(tape.example(example), once.example(example), strict=True):
            assert m.shape == (4, 13, 13)
            np.testing.assert_allclose(m.dense()[:, 2:], expected.dense()[:, 2:], atol=1e-5)


def test_each_joined_call_keeps_its_name_and_its_own_map() -> None:
    tape, _ = generated(causal("Mistral", sliding_window=5), ids(6))
    name = tape.layers[0]
    whole = tape[name].dense()
    for call in range(1, 8):
        m = tape.example(0)[f"{name}:{call}"]
        first = max(0, 6 + call - 5)
        assert m.shape == (4, 1, 5)
        assert m.notes == (f"call {call + 1} of 8 with a cache; its keys are at positions {first} to {first + 4}",)
        np.testing.assert_allclose(m.dense()[:, 0], whole[:, 5 + call, first : first + 5], atol=1e-6)


def test_beams_that_changed_places_are_told_and_not_joined() -> None:
    model = causal("Llama")
    tape, _ = generated(model, ids(6)[:1], num_beams=3)
    told = [m for m in tape if any("not joined" in note for note in m.notes)]
    assert told
    assert all(m.size("query") < m.size("key") for m in told)
