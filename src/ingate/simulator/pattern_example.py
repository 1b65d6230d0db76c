"""The shortest text that a simple regular expression matches, built by reading it, never by trying it.

Read: literals, escapes, classes, groups, alternation (the first branch), quantifiers (as few as allowed) and anchors.
Anything else - look-around, back-references, flags, Unicode classes - and there is no answer. Trying candidates
against the pattern instead would let a client's pattern hold up the event loop.
"""

from __future__ import annotations

import re

MAX_PATTERN = 200
MAX_MATCH = 256
_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_QUANTIFIER = re.compile(r"(?:([*?])|(\+)|\{(\d{1,4})(?:,\d{0,9})?\})[?]?")
_GROUP_OPENING = re.compile(r"\((?:\?:|\?P?<[A-Za-z_]\w*>)?(?!\?)")
_PRINTABLE = "a0A" + "".join(map(chr, range(32, 127)))


class _Unsupported(Exception):
    """The pattern holds something that is not read here."""


def build_match(pattern: str) -> str | None:
    """A text that matches, or None if the pattern is too long or not simple."""
    if len(pattern) > MAX_PATTERN:
        return None
    reader = _Reader(pattern)
    try:
        text = reader.read_alternatives()
    except _Unsupported:
        return None
    return text if reader.is_at_end() else None


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0

    def is_at_end(self) -> bool:
        return self._place >= len(self._pattern)

    def read_alternatives(self) -> str:
        """Everything up to a closing parenthesis or the end; the first alternative's text."""
        first = self._read_sequence()
        while self._peek() == "|":
            self._place += 1
            self._read_sequence()
        return first

    def _read_sequence(self) -> str:
        text = ""
        while not self.is_at_end() and self._peek() not in "|)":
            text += self._read_quantified()
            if len(text) > MAX_MATCH:
                raise _Unsupported
        return text

    def _read_quantified(self) -> str:
        text = self._read_one()
        quantifier = _QUANTIFIER.match(self._pattern, self._place)
        if not quantifier:
            return text
        self._place = quantifier.end()
        at_least_none, _, at_least = quantifier.groups()
        if at_least_none or not text:
            return ""
        count = int(at_least) if at_least else 1
        if len(text) * count > MAX_MATCH:
            raise _Unsupported
        return text * count

    def _read_one(self) -> str:
        match self._peek():
            case "^" | "$":
                self._place += 1
                return ""
            case "(":
                return self._read_group()
            case "[":
                return self._read_class()
            case "\\":
                return self._read_escape()
            case ".":
                self._place += 1
                return "a"
            case "*" | "+" | "?" | "{":
                raise _Unsupported
            case literal:
                self._place += 1
                return literal

    def _read_group(self) -> str:
        opening = _GROUP_OPENING.match(self._pattern, self._place)
        if not opening:
            raise _Unsupported
        self._place = opening.end()
        text = self.read_alternatives()
        if self._peek() != ")":
            raise _Unsupported
        self._place += 1
        return text

    def _read_escape(self) -> str:
        name = self._pattern[self._place + 1 : self._place + 2]
        self._place += 2
        if name in ("b", "A", "Z", "z"):
            return ""
        if not name or (name.isalnum() and name not in _CLASSES and name not in _CONTROLS):
            raise _Unsupported
        return _CLASSES.get(name) or _CONTROLS.get(name) or name

    def _read_class(self) -> str:
        """One character of a class: its first, or for a negated one the first that it leaves out."""
        self._place += 1
        is_negated = self._peek() == "^"
        self._place += is_negated
        members: list[str] = []
        while self._peek() != "]" or not members:
            members.append(self._read_member())
        self._place += 1
        if not is_negated:
            return members[0][0]
        excluded = "".join(members)
        for candidate in _PRINTABLE:
            if candidate not in excluded:
                return candidate
        raise _Unsupported

    def _read_member(self) -> str:
        """One character or range of a class, as the characters (below 127) that it stands for."""
        first = self._peek()
        if not first or self._pattern.startswith("[:", self._place):
            raise _Unsupported
        if first == "\\":
            name = self._pattern[self._place + 1 : self._place + 2]
            text = self._read_escape() or "\b"
            return _CLASS_MEMBERS.get(name, text)
        self._place += 1
        last = self._pattern[self._place + 1 : self._place + 2]
        if self._peek() != "-" or last in ("", "]"):
            return first
        if last == "\\":
            raise _Unsupported
        self._place += 2
        return first + "".join(map(chr, range(ord(first), min(ord(last), 126) + 1)))

    def _peek(self) -> str:
        return self._pattern[self._place : self._place + 1]


_CLASS_MEMBERS = {
    "d": "0123456789",
    "w": "a" + "".join(filter(lambda c: c.isalnum() or c == "_", map(chr, range(127)))),
    "s": " \t\n\r\f\v",
    "D": "".join(filter(lambda c: not c.isdigit(), _PRINTABLE)),
    "W": "".join(filter(lambda c: not (c.isalnum() or c == "_"), _PRINTABLE)),
    "S": "".join(filter(lambda c: not c.isspace(), _PRINTABLE)),
}
