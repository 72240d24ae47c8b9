"""The Image page: a photo, the decision, and for every block where and through which channels it looked."""

import tomllib
from collections.abc import Callable

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.encode import EncodedImage
from attnviz.errors import AttnvizError
from attnviz.maps import AttentionMap
from attnviz.paths import ASSETS
from attnviz.predict import Prediction
from attnviz.ui import cache, patches, widgets
from attnviz.ui.paste import pasted_photo

PHOTOS = ASSETS / "photos"
ALL = "All"
KEPT = "image-kept"
# Widgets whose values stay while another page is open, and what they begin with.
# What lies in a popover is drawn late, and would not hear of a value that was set.
DEFAULTS = {"image-source": "Sample", "image-sample": None, "image-block": "Block 0", "image-opacity": 0.85, "image-model": None}


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    widgets.remember(DEFAULTS)
    widgets.head("Where does it look in a photo?")
    card = widgets.pick_model("image")
    given, fit = photo_input()
    widgets.keep(DEFAULTS)
    if card is None:
        return
    if given is None:
        st.caption("No new photo yet: below is the last one.")
    raw = st.session_state.get(KEPT, sample(next(iter(credits())))) if given is None else given
    prediction, fresh = widgets.attempt(lambda: cache.prediction(card.name, raw, fit=fit), card.name)
    if fresh:
        st.session_state[KEPT] = raw
    if prediction is not None:
        given_and_decided(prediction)
        (attention if any(m.kind == "spatial" for m in prediction.tape) else patches.attention)(prediction)


def photo_input() -> tuple[bytes | None, str]:
    """The input row: where the photo comes from, and how it is made square."""
    first, second = st.columns([3, 1], vertical_alignment="bottom")
    with first:
        source = st.segmented_control("Photo", list(SOURCES), key="image-source") or "Sample"
    with second.popover("More", width="stretch"):
        fit = st.radio(
            "Make it square by", ["crop", "letterbox"], key="image-fit", help="Cropped to its middle, or whole with bars."
        )
    try:
        return SOURCES[source](), str(fit)
    except AttnvizError as error:
        st.error(str(error))
        return None, str(fit)


def _from_samples() -> bytes:
    known = credits()
    name = st.selectbox("Sample", list(known), format_func=lambda name: known[name]["title"], key="image-sample")
    credit = known[name]
    st.caption(f"{credit['title']}: {credit['author']}, {credit['licence']}, {credit['source']}")
    return sample(name)


def _from_upload() -> bytes | None:
    upload = st.file_uploader("A photo, at most 20 MB", key="image-upload")
    return None if upload is None else upload.getvalue()


def _from_paste() -> bytes | None:
    return pasted_photo("image-paste")


def _from_camera() -> bytes | None:
    shot = st.camera_input("Camera", key="image-camera")
    return None if shot is None else shot.getvalue()


SOURCES: dict[str, Callable[[], bytes | None]] = {
    "Sample": _from_samples,
    "Upload": _from_upload,
    "Paste": _from_paste,
    "Camera": _from_camera,
}


def credits() -> dict[str, dict[str, str]]:
    """File name -> title, author, licence and source of each sample photo."""
    return tomllib.loads((PHOTOS / "credits.toml").read_text(encoding="utf-8"))


def sample(name: str) -> bytes:
    """The bytes of a sample photo."""
    return (PHOTOS / name).read_bytes()


def given_and_decided(prediction: Prediction) -> None:
    """What was given, what the model sees of it, and what it decided."""
    encoded = prediction.encoded
    assert isinstance(encoded, EncodedImage)
    given, seen, decided = st.columns(3)
    with given:
        widgets.chart(plot.photo(encoded.photo, encoded.box), "image-given", "The photo, with the square that is used")
        st.caption(" ".join(["Your photo; the frame is what is used.", *encoded.notes]))
    with seen:
        size = prediction.card.image["size"]
        widgets.chart(plot.photo(encoded.input), "image-seen", f"The photo at {size} x {size} pixels")
        st.caption(f"What the model sees: {size} x {size} pixels.")
    with decided:
        widgets.decision(prediction, "image-decision")


@st.fragment
def attention(prediction: Prediction) -> None:
    """The gates of one block or of all; runs again alone, and never the model."""
    blocks = paired(prediction)
    first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    names = [f"Block {i}" for i in range(len(blocks))]
    chosen = first.segmented_control("Block", [*names, ALL], key="image-block") or names[0]
    opacity = second.slider("Strength of the overlay", 0.0, 1.0, step=0.05, key="image-opacity")
    with third.popover("More", width="stretch"):
        stretched = st.radio("Scale of the spatial gates", ["0 to 1", "smallest to largest"], key="image-scale") != "0 to 1"
    widgets.keep(DEFAULTS)
    for position, (spatial, channel) in enumerate(blocks):
        if chosen in (ALL, names[position]):
            block(prediction, position, spatial, channel, opacity, stretched)


def paired(prediction: Prediction) -> list[tuple[AttentionMap, AttentionMap]]:
    """(spatial, channel) maps of each block, in order."""
    spatial = [m for m in prediction.tape if m.kind == "spatial"]
    channel = [m for m in prediction.tape if m.kind == "channel"]
    return list(zip(spatial, channel, strict=True))


def block(
    prediction: Prediction, position: int, spatial: AttentionMap, channel: AttentionMap, opacity: float, stretched: bool
) -> None:
    """One block: photo, map and overlay in a row, then its channels."""
    encoded = prediction.encoded
    assert isinstance(encoded, EncodedImage)
    gates = spatial.dense()
    scale = (float(gates.min()), float(gates.max())) if stretched and np.ptp(gates) >= plot.ALIKE else (0.0, 1.0)
    layers = prediction.tape.layers
    st.subheader(f"Block {position}: where it looks", anchor=False)
    columns = st.columns(3)
    laid_over = plot.overlay(spatial, encoded.seen, opacity, *scale)
    with columns[0]:
        widgets.chart(plot.photo(encoded.seen, foot=plot.FOOT), f"photo-{position}", "The square that is used")
    with columns[1]:
        widgets.chart(plot.gate_map(spatial, *scale), f"gates-{position}", "The spatial gates")
    with columns[2]:
        widgets.chart(laid_over, f"overlay-{position}", "The photo, dimmed where the gate is shut")
    said = f"Block {position}, spatial gates. " + plot.caption(
        spatial, prediction.card.name, prediction.seconds, layers.index(spatial.layer)
    )
    said += f" Colours run from {scale[0]:.2f} to {scale[1]:.2f}; the lower end is dimmed and grey."
    widgets.card_foot(spatial, laid_over, said, prediction, f"spatial-{position}")
    st.subheader(f"Block {position}: which channels it uses", anchor=False)
    said = f"Block {position}, channel gates. " + plot.caption(
        channel, prediction.card.name, prediction.seconds, layers.index(channel.layer)
    )
    widgets.map_card(channel, plot.channel_gates(channel), said, prediction, f"channel-{position}")
