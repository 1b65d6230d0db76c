"""What a client was sent of a stream that was cut short: texts and calls that it may have taken for whole ones."""

from __future__ import annotations

import msgspec

from ingate.simulator.json_value import get_string, is_integer, is_object


class SentStream:
    """Reads server-sent events in any pieces. Never fails: what cannot be read is passed over."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        """By the block's index."""
        self.call_ids: list[str] = []
        self.is_complete = False
        self._rest = b""

    def read(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                self._read_data(line[5:])

    def _read_data(self, data: bytes) -> None:
        try:
            event: object = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if not is_object(event):
            return
        index = event.get("index")
        match event.get("type"):
            case "content_block_start" if is_object(block := event.get("content_block")):
                if get_string(block, "type") == "tool_use":
                    self.call_ids.append(get_string(block, "id"))
                elif is_integer(index):
                    self.texts[index] = get_string(block, "text")
            case "content_block_delta" if is_integer(index) and is_object(delta := event.get("delta")):
                if get_string(delta, "type") == "text_delta":
                    self.texts[index] = self.texts.get(index, "") + get_string(delta, "text")
            case "message_stop":
                self.is_complete = True
            case _:
                pass
