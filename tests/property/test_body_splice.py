"""The one change that the gateway makes to a request: whatever JSON comes, only top-level `model` values change."""

from __future__ import annotations

import json
import random
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingate.wire.messages.request import MalformedRequest, ParsedRequest, parse_request, splice_model

UPSTREAM_MODEL = '"up\\"stream é"'.encode()
"""A JSON string as the gateway renders it, with what could confuse a careless splice."""

Pairs = list[tuple[str, Any]]


class Members(list[tuple[str, Any]]):
    """A JSON object as what it is on the wire: pairs in order, duplicates included."""


def read_pairs(text: str | bytes) -> Any:
    """The oracle: another parser, which keeps duplicates and the spelling of numbers."""
    return json.loads(text, object_pairs_hook=Members, parse_int=str, parse_float=str)


def with_model_replaced(document: Members) -> Members:
    return Members((name, json.loads(UPSTREAM_MODEL) if name == "model" else value) for name, value in document)


def splice(body: bytes, upstream_model: bytes = UPSTREAM_MODEL) -> bytes:
    parsed = parse_request(body)
    assert isinstance(parsed, ParsedRequest), parsed
    pieces, length = splice_model(body, parsed.model_spans, upstream_model)
    spliced = b"".join(bytes(piece) for piece in pieces)
    assert len(spliced) == length
    return spliced


model_like = st.sampled_from(
    ["model", "Model", "modell", "mode", "model ", '"model"', "model\\", '\\"model":', "\\u006dodel", "m\to", "mödel"]
)
names = st.one_of(model_like, st.text(max_size=8))
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    model_like,
    st.just('{"model": "x"}'),
)


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Members]:
    return st.lists(st.tuples(names, values), max_size=5).map(Members)


trees = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=4), objects(inner)), max_leaves=12)


class Writer:
    """Writes JSON in the many spellings that it allows: white space, escapes, either case of hex digits."""

    def __init__(self, seed: int) -> None:
        """A seed, because a drawn choice for every letter would take Hypothesis minutes."""
        self._choice = random.Random(seed).choice  # noqa: S311 - repeatable, not secret

    def write(self, value: Any) -> str:
        match value:
            case Members():
                members = (self.space() + self.string(k) + self.space() + ":" + self.padded(v) for k, v in value)
                return "{" + ",".join(members) + self.space() + "}"
            case list():
                items = cast("list[Any]", value)
                return "[" + ",".join(self.padded(item) for item in items) + self.space() + "]"
            case str():
                return self.string(value)
            case _:
                return json.dumps(value)

    def padded(self, value: Any) -> str:
        return self.space() + self.write(value) + self.space()

    def space(self) -> str:
        return self._choice(["", "", "", " ", "\n", "\t", "\r\n  "])

    def string(self, text: str) -> str:
        return '"' + "".join(self.letter(letter) for letter in text) + '"'

    def letter(self, letter: str) -> str:
        plain = json.dumps(letter, ensure_ascii=False)[1:-1]
        if ord(letter) > 0xFFFF:
            return self._choice([plain, json.dumps(letter)[1:-1]])
        spellings = [plain, plain, plain, f"\\u{ord(letter):04x}", f"\\u{ord(letter):04X}"]
        return self._choice(spellings + (["\\/"] if letter == "/" else []))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Messages requests with `model` once or several times at the top, and anywhere below."""
    members = list(draw(objects(trees)))
    earlier = draw(st.lists(trees, max_size=2))
    members.extend(("model", value) for value in (*earlier, draw(st.one_of(model_like, st.text(max_size=12)))))
    last = members.pop()
    members = list(draw(st.permutations(members)))
    # The last duplicate counts, so it is the one that must be a string; others may follow under other names.
    position = draw(st.integers(_after_last_model(members), len(members)))
    members.insert(position, last)
    writer = Writer(draw(st.integers(0, 2**32)))
    return (writer.space() + writer.write(Members(members)) + writer.space()).encode()


def _after_last_model(members: Pairs) -> int:
    return max((index + 1 for index, (name, _) in enumerate(members) if name == "model"), default=0)


@given(bodies())
@settings(max_examples=300, deadline=None)
@example(b'{"model":"a"}')
@example(b'{"mod\\u0065l":"a"}')
@example(b'{"\\u006D\\u006F\\u0064\\u0065\\u006C":"a","model":"b"}')
@example(b'{"a":"\\"model\\":\\"x\\"","model" \n : \t "a\\"b"}')
@example(b'{"model":{"model":"x"},"model":["model",{"model":1}],"model":"a"}')
@example(b'{"tools":[{"model":"x"}],"mode\\u006c":"a"}')
@example(b'{"\\\\u006dodel":"x","model":"a\\\\"}')
@example(b'{"x":"\\\\\\"","model":"a","y":{"model":"z"}}')
@example(b'{"model":"model","x":"model"}')
def test_every_top_level_model_and_nothing_else_is_replaced(body: bytes) -> None:
    document = read_pairs(body)
    parsed = parse_request(body)
    assert isinstance(parsed, ParsedRequest)
    assert parsed.deployment_name == [value for name, value in document if name == "model"][-1]
    assert read_pairs(splice(body)) == with_model_replaced(document)


@given(bodies())
@settings(max_examples=100, deadline=None)
def test_bytes_outside_the_replaced_values_are_the_clients_own(body: bytes) -> None:
    """Cutting the new values out again leaves pieces that follow one another in the client's body."""
    spliced = splice(body)
    position = 0
    for kept in spliced.split(UPSTREAM_MODEL):
        found = body.find(kept, position)
        assert found >= 0
        position = found + len(kept)
    assert body.startswith(spliced.split(UPSTREAM_MODEL, 1)[0])
    assert body.endswith(spliced.rsplit(UPSTREAM_MODEL, 1)[1])


@given(bodies())
@settings(max_examples=100, deadline=None)
def test_a_model_replaced_by_itself_changes_no_meaning(body: bytes) -> None:
    parsed = parse_request(body)
    assert isinstance(parsed, ParsedRequest)
    again = parse_request(splice(body, json.dumps(parsed.deployment_name).encode()))
    assert isinstance(again, ParsedRequest)
    assert (again.deployment_name, again.stream, again.max_tokens) == (
        parsed.deployment_name,
        parsed.stream,
        parsed.max_tokens,
    )


@given(bodies(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_not_json_is_refused_and_never_forwarded(body: bytes, data: st.DataObject) -> None:
    """A body with one byte too few, too many or wrong is refused unless the other parser reads it too."""
    position = data.draw(st.integers(0, len(body) - 1))
    change = data.draw(
        st.sampled_from([b"", b'"', b"{", b"}", b"\\", b"\0", b"\xff", b",", b":", b"\n", b"\xef\xbb\xbf"])
    )
    broken = body[:position] + change + body[position + 1 :]
    parsed = parse_request(broken)
    if isinstance(parsed, MalformedRequest):
        return
    # Bytes that are no UTF-8, inside a value that decides nothing here, are the upstream's to judge.
    document = read_pairs(broken.decode(errors="surrogateescape"))
    assert isinstance(document, Members)
    assert read_pairs(splice(broken).decode(errors="surrogateescape")) == with_model_replaced(document)


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_at_all_are_parsed_or_refused(body: bytes) -> None:
    assert isinstance(parse_request(body), ParsedRequest | MalformedRequest)
