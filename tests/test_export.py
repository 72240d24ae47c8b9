"""Files: the numbers come back as they were, and a page stands alone."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from attnviz import Prediction, export, load, plot, predict
from attnviz.draw import choose
from attnviz.errors import ExportError, MapTooLarge
from tests.tiny import attention

HOSTILE = "</script><script>alert(1)</script>"


@pytest.fixture(scope="module")
def prediction(text_model: Path) -> Prediction:
    return predict(load(text_model), "a good film <b>\x00")


def test_json_holds_the_decision_and_every_weight(prediction: Prediction) -> None:
    read = json.loads(export.as_json(list(prediction.tape), prediction))
    assert read["model"] == "tiny-text"
    assert read["decision"] == prediction.decision
    assert read["probabilities"] == prediction.probabilities
    assert read["tokens"] == ["[CLS]", "a", "good", "film", "<", "b", ">", "[SEP]"]
    assert read["notes"] == ["1 character was left out, which cannot be shown."]
    assert [m["layer"] for m in read["maps"]] == list(prediction.tape.layers)
    for written, m in zip(read["maps"], prediction.tape, strict=True):
        assert np.array_equal(np.array(written["weights"], dtype=np.float32), m.dense())
        assert (written["axes"], written["shape"]) == (["head", "query", "key"], [4, 8, 8])
        assert (written["norm"], written["promise"]) == ("softmax", "each row sums to 1")
        assert written["labels"]["key"] == read["tokens"]
        assert written["receipt"]["output_error"] < 1e-5


def test_npz_holds_an_array_a_layer_and_the_rest_as_json(prediction: Prediction) -> None:
    with np.load(io.BytesIO(export.as_npz(list(prediction.tape), prediction))) as read:
        meta = json.loads(str(read["meta"]))
        assert set(read.files) == {"meta", *prediction.tape.layers}
        for m in prediction.tape:
            assert read[m.layer].dtype == np.float32
            assert np.array_equal(read[m.layer], m.dense())
    assert meta["decision"] == prediction.decision
    assert [m["weights"] for m in meta["maps"]] == [None, None]
    assert meta["maps"][0]["axes"] == ["head", "query", "key"]


def test_one_head_of_one_layer_is_written_alone(prediction: Prediction) -> None:
    maps = choose(prediction, "1", 2)
    (written,) = json.loads(export.as_json(maps, prediction))["maps"]
    assert written["layer"] == prediction.tape.layers[1]
    assert np.array_equal(np.array(written["weights"], np.float32), prediction.tape[prediction.tape.layers[1]].head(2))


def test_a_page_fetches_nothing(prediction: Prediction) -> None:
    page = export.page(plot.heatmap(choose(prediction, "0", 0)[0]), "A title", "A caption.").decode()
    assert page.startswith("<!doctype html>")
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", page) == []
    assert not re.search(r"@import|url\(['\"]?https?:", page)
    assert "<h1>A title</h1>" in page
    assert "<p>A caption.</p>" in page


def test_title_caption_and_labels_of_a_page_are_text() -> None:
    figure = plot.heatmap(attention([[0.5, 0.5], [0.1, 0.9]], (HOSTILE, "b")))
    page = export.page(figure, f"t{HOSTILE}", f"c{HOSTILE}").decode()
    assert HOSTILE not in page
    assert "<script>alert" not in page
    assert f"<title>t{escaped(HOSTILE)}</title>" in page
    assert f"<p>c{escaped(HOSTILE)}</p>" in page


def test_braces_in_a_title_are_braces() -> None:
    page = export.page(plot.heatmap(attention([[1.0]])), "{figure} {0}", "{caption}").decode()
    assert "<h1>{figure} {0}</h1>" in page


def escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.skipif(not (shutil.which("chromium") or shutil.which("google-chrome")), reason="no Chromium is installed")
@pytest.mark.filterwarnings("ignore")
def test_pictures_begin_as_their_kind_does() -> None:
    figure = plot.heatmap(attention([[0.5, 0.5], [0.1, 0.9]]))
    assert export.as_picture(figure, "svg")[:5] in (b"<svg ", b"<?xml")
    assert export.as_picture(figure, "png").startswith(b"\x89PNG\r\n\x1a\n")
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_a_picture_without_a_browser_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "missing"))
    with pytest.raises(ExportError, match=r"no working Chromium.*Install Chromium or Chrome, or export"):
        export.as_picture(plot.heatmap(attention([[1.0]])), "png")


def test_more_weights_than_json_can_hold_are_refused(prediction: Prediction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attnviz.export.numbers.JSON_LIMIT", 10)
    with pytest.raises(MapTooLarge, match=r"the limit is 10\. Write \.npz, or a part"):
        export.as_json(list(prediction.tape), prediction)


def test_csv_holds_every_bit_of_every_weight_with_places_by_number_and_name(prediction: Prediction) -> None:
    rows = list(csv.DictReader(io.StringIO(export.as_csv(list(prediction.tape), prediction).decode())))
    assert list(rows[0]) == ["layer", "head", "query", "query name", "key", "key name", "weight"]
    for m in prediction.tape:
        read = np.full(m.shape, np.nan, dtype=np.float32)
        for row in [row for row in rows if row["layer"] == m.layer]:
            place = tuple(int(row[axis]) for axis in m.axes)
            read[place] = np.float32(row["weight"])
            assert row["key name"] == m.labels["key"][place[-1]]
        assert np.array_equal(read, m.dense())


def test_a_table_of_different_maps_leaves_blank_what_one_of_them_has_not(prediction: Prediction) -> None:
    row, one = attention([[0.25, 0.75], [1, 0]], ("=1+1", "-")), choose(prediction, "1", 2)[0]
    rows = list(csv.DictReader(io.StringIO(export.as_csv([row, one], prediction).decode())))
    assert [(each["head"], each["key name"], each["weight"]) for each in rows[:2]] == [("", "'=1+1", "0.25"), ("", "'-", "0.75")]
    assert {each["head"] for each in rows[4:]} == {"2"}


def test_more_weights_than_a_spreadsheet_opens_are_refused(prediction: Prediction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attnviz.export.numbers.CSV_LIMIT", 10)
    with pytest.raises(MapTooLarge, match=r"too many for \.csv, the limit is 10"):
        export.as_csv(list(prediction.tape), prediction)
