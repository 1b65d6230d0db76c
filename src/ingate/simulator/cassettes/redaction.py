"""What is taken out of an exchange before it is written.

Two rules: a text that looks like a secret (a function that is given decides), and the fields that the user chose by
path. A chosen field of a request is replaced whole, and so matches anything; of an answer only its texts and numbers
are, so that clients can still read it. Identifiers and signatures that the API itself made are no secrets and have to
stay, or the turns of a conversation would no longer fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingate.simulator.json_value import JsonObject, get_string, is_list, is_number, is_object

from .cassette import MARK

Path = tuple[str, ...]

_KEPT = frozenset(
    (
        *(("tool_use", "id"), ("server_tool_use", "id"), ("mcp_tool_use", "id"), ("message", "id")),
        *(("thinking", "signature"), ("redacted_thinking", "data"), ("base64", "data")),
    )
)
"""Members of objects of a type that are not looked at."""


class PathInvalid(ValueError):
    """Not a path. The text says why."""


def parse_path(text: str) -> Path:
    """Names and indices separated by dots; `*` is any one. Raises PathInvalid."""
    parts = tuple(text.split("."))
    if not all(parts):
        raise PathInvalid(f"'{text}' is no path: names or * separated by dots, such as messages.*.content")
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in a request or an answer a value stands."""

    path: Path = ()
    is_request: bool = False
    is_input: bool = False
    """Within a tool's input, where nothing is the API's own."""
    is_chosen: bool = False
    """Within what the user chose."""


class Redaction:
    def __init__(self, *, redact_text: Callable[[str], str], paths: Sequence[Path] = ()) -> None:
        """`redact_text` gives back a text with `MARK` in the place of each secret."""
        self.redact_text = redact_text
        self._paths = tuple(paths)

    def redact_request(self, body: JsonObject) -> JsonObject:
        """Raises RecursionError for one too deep, and what `redact_text` raises."""
        redacted = self._redact(body, _Place(is_request=True))
        return redacted if is_object(redacted) else {}

    def redact_answer(self, value: object, *path: str) -> object:
        """An answer, or the part of one that stands at `path`."""
        place = _Place()
        for name in path:
            place = self._go_to(place, name)
        return self._redact(value, place)

    def is_reaching(self, *path: str) -> bool:
        """Whether the user chose this, or something in it, or what it is in."""
        return any(all(map(_is_named, chosen, path)) for chosen in self._paths)

    def _go_to(self, place: _Place, name: str) -> _Place:
        path = (*place.path, name)
        return replace(
            place,
            path=path,
            is_input=place.is_input or name == "input",
            is_chosen=place.is_chosen or self._is_chosen(path),
        )

    def _redact(self, value: object, place: _Place) -> object:
        if place.is_chosen and place.is_request:
            return MARK
        if is_object(value):
            return {name: self._redact_member(value, name, self._go_to(place, name)) for name in value}
        if is_list(value):
            return [self._redact(item, self._go_to(place, str(index))) for index, item in enumerate(value)]
        if place.is_chosen:
            return MARK if isinstance(value, str) else 0 if is_number(value) else value
        return self.redact_text(value) if isinstance(value, str) else value

    def _redact_member(self, value: JsonObject, name: str, place: _Place) -> object:
        is_kept = not place.is_input and _is_kept(value, name, is_chosen=place.is_chosen)
        return value[name] if is_kept and not self._is_chosen(place.path) else self._redact(value[name], place)

    def _is_chosen(self, path: Path) -> bool:
        return any(len(chosen) == len(path) and all(map(_is_named, chosen, path)) for chosen in self._paths)


def _is_named(chosen: str, name: str) -> bool:
    return chosen in ("*", name)


def _is_kept(value: JsonObject, name: str, *, is_chosen: bool) -> bool:
    """`type` as well, of what was chosen in an answer: without it no client could read the rest."""
    if name == "tool_use_id" or name.startswith("encrypted_") or (is_chosen and name == "type"):
        return True
    return (get_string(value, "type"), name) in _KEPT
