"""The way from the hub into the cache, with the real client against a hub on this machine."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from attnviz import load, predict
from attnviz.cards import ModelCard, read_card
from attnviz.errors import AttnvizError, HubError, WeightsError
from attnviz.foreign import hub as client
from attnviz.foreign.files import absent, root
from attnviz.foreign.write import write_card
from tests.foreign.hub_server import COMMIT, Hub, serving
from tests.foreign.making import KINDS, card


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A served hub with one repository, and an empty cache."""
    with serving() as served:
        served.repositories["someone/vit"] = KINDS["ViT"].save(tmp_path / "repository")
        monkeypatch.setattr(constants, "ENDPOINT", served.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", served.url + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", served.url)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield served


def hub_card(folder: Path, **changes: Any) -> ModelCard:
    values = {"source": "hub", "path": None, "repository": "someone/vit", "revision": COMMIT, "task": "image-classification"}
    return read_card(card(folder, **{**values, **changes}))


def test_a_fetched_model_is_the_one_that_was_served(hub: Hub, tmp_path: Path) -> None:
    made = hub_card(tmp_path / "vit")
    assert absent(made) == "not downloaded yet"
    with pytest.raises(WeightsError, match=r"Tiny is not on this machine: not downloaded yet\. Fetch it with: attnviz fetch vit"):
        load(made)
    assert hub.asked == []
    seen = list(client.fetch(made))
    total = sum((hub.repositories["someone/vit"] / name).stat().st_size for name in ("config.json", "preprocessor_config.json"))
    total += (hub.repositories["someone/vit"] / "model.safetensors").stat().st_size
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)
    assert absent(made) == ""
    pixels = __import__("numpy").random.default_rng(0).integers(0, 256, (32, 32, 3), dtype="uint8")
    local = card(hub.repositories["someone/vit"], "image-classification")
    assert predict(load(made), pixels).probabilities == predict(load(local), pixels).probabilities


def test_only_the_files_needed_are_fetched(hub: Hub, tmp_path: Path) -> None:
    for name in ("pytorch_model.bin", "tf_model.h5", "code.py", "other.safetensors"):
        (hub.repositories["someone/vit"] / name).write_bytes(b"x" * 100)
    made = hub_card(tmp_path / "vit")
    list(client.fetch(made))
    assert sorted(path.name for path in root(made).iterdir()) == ["config.json", "model.safetensors", "preprocessor_config.json"]


def test_a_second_fetch_takes_nothing_twice(hub: Hub, tmp_path: Path) -> None:
    made = hub_card(tmp_path / "vit")
    list(client.fetch(made))
    hub.asked.clear()
    assert list(client.fetch(made))[-1][0] > 0
    assert [asked for asked in hub.asked if asked.startswith("GET") and "resolve" in asked] == []


def test_a_fetch_that_nobody_waits_for_ends_and_the_next_one_goes_on(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.pause = 0.05
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)  # it reads 10 MB at once
    made, before = hub_card(tmp_path / "vit"), set(threading.enumerate())
    progress = client.fetch(made)
    next(done for done, total in progress if done > 10_000)
    progress.close()
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("fetch"):
            thread.join(20)
            assert not thread.is_alive()
    assert absent(made) == "not downloaded yet"
    hub.pause = 0
    list(client.fetch(made))
    assert absent(made) == ""


def away(hub: Hub) -> None:
    hub.repositories.clear()


def pickles(hub: Hub) -> None:
    folder = hub.repositories["someone/vit"]
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


# what is wrong with the hub, what the card says, and what the refusal says
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no repository": (away, {}, "the hub knows no open repository someone/vit"),
    "no such commit": (None, {"revision": "f" * 40}, f"the hub knows no revision {'f' * 40} of someone/vit. Mend revision"),
    "pickles only": (pickles, {}, "someone/vit at commit 01234567 holds no model.safetensors, only pytorch_model.bin, and such"),
    "no preprocessor": (
        lambda hub: (hub.repositories["someone/vit"] / "preprocessor_config.json").unlink(), {}, "has no preprocessor_config.json"
    ),
    "text from an image model": (None, {"task": "text-classification", "input": "text"}, "has no tokenizer.json"),
    "a hub in trouble": (lambda hub: setattr(hub, "status", 503), {}, "the hub answered 503 for someone/vit"),
    "a door that is shut": (lambda hub: setattr(hub, "status", 401), {}, "the hub answered 401 for someone/vit"),
}  # fmt: skip


@pytest.mark.parametrize(("trouble", "changes", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_fetched_is_a_sentence(hub: Hub, tmp_path: Path, trouble: Any, changes: dict[str, Any], said: str) -> None:
    if trouble:
        trouble(hub)
    with pytest.raises(HubError) as refusal:
        list(client.fetch(hub_card(tmp_path / "vit", **changes)))
    assert said.lower() in str(refusal.value).lower()
    assert "\n" not in str(refusal.value)


def test_a_repository_above_the_limit_is_refused_before_anything_is_fetched(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_BYTES", 1000)
    with pytest.raises(HubError, match=r"have 0.0 GB, the limit is"):
        list(client.fetch(hub_card(tmp_path / "vit")))
    assert [asked for asked in hub.asked if "resolve" in asked] == []


def test_without_a_network_the_reason_is_said(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"127.0.0.1:9 could not be reached \(ConnectError\)"):
        list(client.fetch(hub_card(tmp_path / "vit")))


def test_a_machine_that_is_told_to_stay_offline_asks_nobody(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="told to stay offline"):
        list(client.fetch(hub_card(tmp_path / "vit")))
    assert hub.asked == []


def test_a_card_is_written_with_the_full_commit_and_the_numbers_of_the_model(hub: Hub, tmp_path: Path) -> None:
    path = write_card("someone/vit", tmp_path / "cards" / "mine", "main")
    made = read_card(path.parent)
    assert (made.source, made.repository, made.revision, made.licence) == ("hub", "someone/vit", COMMIT, "mit")
    assert (made.task, made.input, made.labels) == ("image-classification", "image", ("LABEL_0", "LABEL_1", "LABEL_2"))
    assert made.image == {"size": 32, "resize": 32, "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3], "resample": "bilinear"}
    assert made.megabytes == 1
    assert [asked for asked in hub.asked if asked.endswith("model.safetensors")] == []
    list(client.fetch(made))
    assert load(made).card.labels == made.labels


def test_a_card_is_written_for_a_folder_and_none_is_written_over(tmp_path: Path) -> None:
    folder = KINDS["GPT-2"].save(tmp_path / "mine")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Mine\n")
    assert write_card(str(folder), None, "main") == folder / "card.toml"
    made = read_card(folder)
    assert (made.source, made.path, made.task, made.licence) == ("folder", ".", "next-word", "apache-2.0")
    assert made.text == {"max_tokens": 40}
    assert predict(load(folder), "ab").decision
    with pytest.raises(AttnvizError, match="is there already"):
        write_card(str(folder), None, "main")
    other = write_card(str(folder), tmp_path / "cards" / "x", "main").parent
    assert predict(load(other), "ab").decision


def test_a_card_for_pickles_is_not_written(tmp_path: Path) -> None:
    folder = KINDS["GPT-2"].save(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match=r"pytorch_model\.bin"):
        write_card(str(folder), None, "main")
    assert not (folder / "card.toml").exists()


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "attnviz.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_the_whole_way_in_the_shell(tmp_path: Path) -> None:
    with serving() as served:
        served.repositories["someone/gpt"] = KINDS["GPT-2"].save(tmp_path / "repository")
        here = {
            "HF_ENDPOINT": served.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0",
            "ATTNVIZ_MODELS": str(tmp_path / "models"),
        }  # fmt: skip
        assert "gpt/card.toml written" in shell("card", "someone/gpt", **here).stdout
        (listed,) = json.loads(shell("models", "--json", **here).stdout)
        assert (listed["name"], listed["absent"], listed["revision"]) == ("gpt", "not downloaded yet", COMMIT)
        fetched = shell("fetch", "gpt", **here)
        assert fetched.stdout.splitlines()[-1].endswith("(100 %)")
        assert fetched.stderr == ""
    assert "(not downloaded" not in shell("models", **here).stdout
    out = tmp_path / "map.json"
    mapped = shell("map", "gpt", "--text", "a film", "--layer", "1", "--head", "2", "--out", str(out), **here)
    assert mapped.stderr == ""
    assert json.loads(out.read_text())["maps"][0]["shape"] == [6, 6]
    gone = shell("card", "someone/else", **here)
    assert gone.returncode == 1
    assert "could not be reached" in gone.stderr
    assert gone.stderr.count("\n") == 1
