"""Values for a schema's properties that the prompt itself gives: `city: Paris`, `city "Paris"`, `days 3`, or quoted.

Simple on purpose: a test author should see at a glance which words of the prompt will arrive as which argument.
"""

from __future__ import annotations

import re

from ingate.simulator.json_value import JsonObject, get_string, is_list

MOST_TEXT = 20_000
MOST_QUESTIONS = 50
"""Properties that are looked for; a schema may have thousands."""
_MOST_NAME = 64

_QUOTED = r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|`([^`\n]{1,200})`|(?<!\w)'([^'\n]{1,200})'(?!\w)"
_ANY_QUOTED = re.compile(_QUOTED)
_VALUE = re.compile(
    rf"[\"'`]?\s{{0,3}}(?:(?:[:=]|\b(?:is|to|of|named|called|be)\b)\s{{0,3}})?(?:{_QUOTED})"
    r"|[\"'`]?\s{0,3}(?:[:=]|\b(?:is|be)\b)\s{0,3}(-?\d+(?:\.\d+)?|[^\s,;.!?\"'`“”(){}\[\]]+)"
    r"|\s{1,3}(-?\d+(?:\.\d+)?)\b"
)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_TRUE, _FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


class PromptValues:
    """What one text gives. Each quoted text that no name leads to is given away once, in order."""

    def __init__(self, text: str, *, not_values: frozenset[str] = frozenset()) -> None:
        """`not_values` are quoted for another reason, such as names of tools."""
        self._text = text[:MOST_TEXT]
        self._left = MOST_QUESTIONS
        self._lowered: str | None = None
        self._quoted: list[str] | None = None
        self._taken = set(not_values)

    def suggest(self, name: str, schema: JsonObject, *, is_required: bool) -> object:
        """A value that was said for this property, as the type that it has; None if nothing was said.

        What a property is named beside counts for any; what stands alone, quoted or one of the schema's own words,
        only for one that must be there.
        """
        if self._left <= 0 or not 0 < len(name) <= _MOST_NAME:
            return None
        self._left -= 1
        said = self._find_named(name)
        if said is not None:
            self._taken.add(said)
            return convert(said, schema)
        if not is_required:
            return None
        members = schema.get("enum")
        if is_list(members):
            return self._find_member(members)
        return self._take_quoted() if schema.get("type") == "string" and is_free(schema) else None

    def _find_named(self, name: str) -> str | None:
        if self._lowered is None:
            self._lowered = self._text.lower().replace(" ", "_")
        if name.lower().replace(" ", "_") not in self._lowered:
            return None
        words = re.escape(name).replace("_", "[_ ]")
        for match in re.finditer(rf"(?<![\w-]){words}(?![\w-])", self._text, re.IGNORECASE):
            value = _VALUE.match(self._text, match.end())
            if value:
                return next(group for group in value.groups() if group is not None)
        return None

    def _find_member(self, members: list[object]) -> str | None:
        for member in members:
            if isinstance(member, str) and re.search(rf"(?<![\w-]){re.escape(member)}(?![\w-])", self._text):
                return member
        return None

    def _take_quoted(self) -> str | None:
        if self._quoted is None:
            self._quoted = [
                next(group for group in match.groups() if group is not None)
                for match in _ANY_QUOTED.finditer(self._text)
            ]
        while self._quoted:
            quoted = self._quoted.pop(0)
            if quoted not in self._taken:
                return quoted
        return None


def is_free(schema: JsonObject) -> bool:
    """Whether any text will do: nothing about the schema says of which kind it should be."""
    return not any(name in schema for name in ("enum", "const", "format", "pattern", "default"))


def convert(said: str, schema: JsonObject) -> object:
    """The text as the schema's type; None if it is none of that type."""
    members = schema.get("enum")
    if is_list(members):
        return next((member for member in members if str(member).lower() == said.lower()), None)
    match get_string(schema, "type"):
        case "integer":
            return int(said) if said.removeprefix("-").isdecimal() and len(said) < 16 else None
        case "number" if _NUMBER.fullmatch(said):
            return float(said) if "." in said else int(said)
        case "boolean":
            return True if said.lower() in _TRUE else False if said.lower() in _FALSE else None
        case "string":
            return said
        case _:
            return None
