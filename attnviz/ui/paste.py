"""A place to paste a photo from the clipboard."""

import base64
import binascii

import streamlit as st

from attnviz.errors import InputError

_CSS = """
.paste { border: 2px dashed var(--st-border-color); border-radius: 10px; padding: 1.4rem; text-align: center;
  font-family: var(--st-font);
  color: var(--st-text-color);
  cursor: pointer; width: 100%; background: transparent; font-size: 1rem }
.paste:focus-visible { outline: 2px solid var(--st-primary-color) }
"""

_JS = """
const LIMIT = 20 * 1024 * 1024;
export default function ({ parentElement, setStateValue }) {
  const place = parentElement.querySelector('.paste');
  const say = (text) => { place.textContent = text; };
  const send = (blob) => {
    if (blob.size > LIMIT) { say('That picture is larger than 20 MB. Paste a smaller one.'); return; }
    const reader = new FileReader();
    reader.onload = () => { say('Pasted. Paste again for another picture.'); setStateValue('photo', reader.result.split(',')[1]); };
    reader.readAsDataURL(blob);
  };
  const pasted = (event) => {
    const item = [...(event.clipboardData?.items ?? [])].find((i) => i.type.startsWith('image/'));
    if (item) { event.preventDefault(); send(item.getAsFile()); }
  };
  document.addEventListener('paste', pasted);
  place.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((t) => t.startsWith('image/'));
        if (type) { send(await item.getType(type)); return; }
      }
      say('There is no picture in the clipboard. Copy one, then press Ctrl+V here.');
    } catch { say('The browser does not let this button read the clipboard. Press Ctrl+V (or Cmd+V) here instead.'); }
  };
  return () => document.removeEventListener('paste', pasted);
}
"""

_component = st.components.v2.component(
    "attnviz_paste",
    html='<button type="button" class="paste">Copy a picture, then press Ctrl+V, or click here</button>',
    css=_CSS,
    js=_JS,
)


def pasted_photo(key: str) -> bytes | None:
    """The bytes of the picture that the visitor pasted, or None; InputError where they are no bytes at all."""
    result = _component(key=key, default={"photo": None}, on_photo_change=lambda: None)
    if not result.photo:
        return None
    try:
        return base64.b64decode(result.photo, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("what was pasted is not a picture", "copy a picture and paste again") from None
