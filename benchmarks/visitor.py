"""A visitor without a browser: a Streamlit session over the websocket, as a page opens one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect

LARGEST = 64 << 20
BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass
class Visitor:
    """What a session has been sent, and what it has typed. `exceptions`: what the server said went wrong."""

    socket: ClientConnection
    texts: list[str] = field(default_factory=list)
    widgets: dict[str, Any] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    address: str = ""
    received: int = 0

    async def run(self) -> None:
        """Asks for a run of the page with what has been typed, and reads it to its end."""
        self.texts.clear()
        state = ClientState(query_string=self.address, widget_states=WidgetStates(widgets=list(self.values.values())))
        await self.socket.send(BackMsg(rerun_script=state).SerializeToString())
        while not self._took(await self.socket.recv()):
            pass

    async def type(self, text: str) -> None:
        """Types into the first box for a text, sends it, and waits for what comes of it."""
        box = next(widget for widget in self.widgets.values() if widget.WhichOneof("type") == "text_area")
        name = box.text_area.id
        self.values[name] = WidgetState(id=name, string_value=text)
        senders = [
            each.button.id
            for each in self.widgets.values()
            if each.WhichOneof("type") == "button" and each.button.is_form_submitter
        ]
        for name in senders[:1]:
            self.values[name] = WidgetState(id=name, trigger_value=True)
        await self.run()
        for name in senders[:1]:
            del self.values[name]

    @property
    def decision(self) -> tuple[str, ...]:
        """The label and its probability, which stand in bold in the line of the decision; nothing where there is none."""
        bold = next((BOLD.findall(text) for text in self.texts if text.startswith("Decision")), [])
        return (bold[0], bold[-1]) if bold else ()

    def _took(self, raw: bytes | str) -> bool:
        """Whether the run is over."""
        assert isinstance(raw, bytes)
        self.received += len(raw)
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._element(message.delta.new_element)
        elif kind == "page_info_changed":
            self.address = message.page_info_changed.query_string
        return kind == "script_finished"

    def _element(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "markdown":
            self.texts.append(element.markdown.body)
        elif kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        elif (name := getattr(getattr(element, kind), "id", "")) and kind in ("text_area", "button", "slider", "selectbox"):
            self.widgets[name] = element


@asynccontextmanager
async def visitor(url: str) -> AsyncIterator[Visitor]:
    """A session on the first page, which has been drawn."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], max_size=LARGEST, origin=url) as socket:
        found = Visitor(socket)
        await found.run()
        yield found
