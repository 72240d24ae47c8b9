"""The Image page: a photo, the decision, and where and through what the model looked, a view for every kind of attention."""

import tomllib
from collections.abc import Callable

import streamlit as st

from attnviz import plot
from attnviz.errors import AttnvizError
from attnviz.paths import ASSETS
from attnviz.results import PhotoResult
from attnviz.ui import cache, say, widgets
from attnviz.ui.paste import pasted_photo
from attnviz.ui.photo import beside, channel, hard, looks, patches, spatial
from attnviz.ui.photo.view import Given, View

PHOTOS = ASSETS / "photos"
KEPT, VIEW = "image-kept", "image-view"
# Widgets whose values stay while another page is open, and what they begin with.
DEFAULTS = {"image-source": "Sample", "image-sample": None, "image-model": None, VIEW: None}
# In this order; the first that a result has is shown at first.
VIEWS = (
    View("Hard", hard.available, hard.draw),
    View("Spatial", spatial.available, spatial.draw),
    View("Channel", channel.available, channel.draw),
    View("Self", looks.available, patches.draw),
)
BESIDE = View("Side by side", beside.available, beside.draw)


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    widgets.remember(DEFAULTS)
    widgets.head("Where does it look in a photo?")
    card = widgets.pick_model("image", first="photo-gates")
    given, fit = photo_input()
    if card is None:
        widgets.keep(DEFAULTS)
        return
    if given is None:
        st.caption("No new photo yet: below is the last one.")
    raw = st.session_state.get(KEPT, sample(next(iter(credits())))) if given is None else given
    result, fresh = widgets.attempt(lambda: (cache.photo(card.name, raw, fit=fit), Given(raw, fit)), card.name)
    if fresh:
        st.session_state[KEPT] = raw
    if result is not None:
        given_and_decided(result[0])
        views(*result)
    widgets.keep(DEFAULTS)


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
        say.error(error)
        return None, str(fit)


def _from_samples() -> bytes:
    known = credits()
    name = st.selectbox("Sample", list(known), format_func=lambda name: known[name]["title"], key="image-sample")
    credit = known[name]
    say.caption(f"{credit['title']}: {credit['author']}, {credit['licence']}, {credit['source']}")
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


def given_and_decided(prediction: PhotoResult) -> None:
    """What was given, what the model sees of it, and what it decided."""
    taken = prediction.encoded
    given, seen, decided = st.columns(3)
    with given:
        widgets.chart(plot.photo(taken.photo, taken.box), "image-given", "The photo, with the square that is used")
        say.caption(" ".join(["Your photo; the frame is what is used.", *taken.notes]))
    with seen:
        size = prediction.card.image["size"]
        widgets.chart(plot.photo(taken.input), "image-seen", f"The photo at {size} x {size} pixels")
        st.caption(f"What the model sees: {size} x {size} pixels.")
    with decided:
        widgets.decision(prediction, "image-decision")


def views(prediction: PhotoResult, given: Given) -> None:
    """The views that this result has, of which one is drawn."""
    fitting = {view.title: view for view in VIEWS if view.available(prediction)}
    if not fitting:
        st.info(
            "The layers of this model do not look at one grid of patches, so nothing is laid over the photo. "
            f"All maps as numbers: {say.code(f'attnviz map {prediction.card.name} --image photo.jpg --out maps.npz')}."
        )
        return
    if BESIDE.available(prediction):
        fitting[BESIDE.title] = BESIDE
    if st.session_state.get(VIEW) not in fitting:
        st.session_state[VIEW] = next(iter(fitting))
    if len(fitting) > 1:
        st.segmented_control("View", list(fitting), key=VIEW, required=True)
    fitting[st.session_state[VIEW]].draw(prediction, given)
