"""Whether a request is the one that was recorded, and if not, what differs.

Compared is what decides the answer. Left out is what changes from run to run and does not: `metadata`,
`cache_control`, the wording of tools' descriptions, the order of tools and of members. What was redacted matches
anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from ingate.simulator.json_value import JsonObject, get_string, is_list, is_object

from .cassette import MARK
from .quoting import quote, quote_apart

COUNTED_DIFFERENCES = 100
"""More make a recording no farther away."""

_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRequest:
    method: str
    path: str
    version: str
    """`anthropic-version`."""
    deployment_name: str
    """What the client sent as `model`."""
    model: str
    """What the upstream is asked for."""
    body: JsonObject
    """Without `model`, in the one form that stands for all that mean the same."""

    def fits(self, sent: ComparedRequest) -> bool:
        """Whether this, recorded, is what was sent."""
        return next(_find_differences(self, sent), None) is None


def prepare_request(
    *, method: str, path: str, version: str, deployment_name: str, body: JsonObject
) -> ComparedRequest:
    return ComparedRequest(
        method=method,
        path=path,
        version=version,
        deployment_name=deployment_name,
        model=get_string(body, "model"),
        body=_normalise(body),
    )


def describe_differences(recorded: ComparedRequest, sent: ComparedRequest) -> tuple[str, ...]:
    return tuple(islice(_find_differences(recorded, sent), COUNTED_DIFFERENCES))


def measure_distance(recorded: ComparedRequest, sent: ComparedRequest) -> tuple[int, ...]:
    """To be compared: smaller is nearer. The longest common beginning of the conversation counts most."""
    ours, theirs = _list_messages(recorded), _list_messages(sent)
    common = sum(1 for _ in takewhile(lambda pair: _matches(*pair), zip(ours, theirs, strict=False)))
    return (
        int((recorded.method, recorded.path) != (sent.method, sent.path)),
        -common,
        abs(len(ours) - len(theirs)),
        len(describe_differences(recorded, sent)),
    )


# One form for all that mean the same


def _normalise(body: JsonObject) -> JsonObject:
    normal = {name: value for name, value in body.items() if name not in ("metadata", "model", "cache_control")}
    normal["stream"] = normal.get("stream") is True
    if "system" in body:
        normal["system"] = _normalise_content(body["system"])
    messages = body.get("messages")
    if is_list(messages):
        normal["messages"] = [_normalise_block(message) for message in messages]
    tools = body.get("tools")
    if is_list(tools):
        normal["tools"] = _normalise_tools(tools)
    return normal


def _normalise_content(content: object) -> object:
    """Text alone is short for one text block."""
    if isinstance(content, str) and content != MARK:
        return [{"type": "text", "text": content}]
    if is_list(content):
        return [_normalise_block(block) for block in content]
    return content


def _normalise_block(block: object) -> object:
    """A content block, or a message: both have `content`. A tool's `input` is the model's, and stays as it is."""
    if not is_object(block):
        return block
    normal = {name: value for name, value in block.items() if name != "cache_control"}
    if "content" in normal:
        normal["content"] = _normalise_content(normal["content"])
    return normal


def _normalise_tools(tools: list[object]) -> object:
    """By name, unless two have the same or one has none."""
    described = [_without_descriptions(_normalise_block(tool)) for tool in tools]
    named = {get_string(tool, "name"): tool for tool in described if is_object(tool)}
    return named if len(named) == len(tools) and "" not in named else described


def _without_descriptions(value: object) -> object:
    """A `description` that is no text is a property of that name."""
    if is_object(value):
        return {
            name: _without_descriptions(member)
            for name, member in value.items()
            if name != "description" or not isinstance(member, str)
        }
    return [_without_descriptions(item) for item in value] if is_list(value) else value


# Differences


def _find_differences(recorded: ComparedRequest, sent: ComparedRequest) -> Iterator[str]:
    for name, ours, theirs in (
        ("method", recorded.method, sent.method),
        ("path", recorded.path, sent.path),
        ("anthropic-version", recorded.version, sent.version),
    ):
        if ours != theirs:
            yield _tell(name, ours, theirs)
    if not _names_same_model(recorded, sent):
        yield _tell("model", _name_model(recorded), _name_model(sent))
    ours, theirs = len(_list_messages(recorded)), len(_list_messages(sent))
    if ours != theirs:
        yield f"messages: recorded {ours}, sent {theirs}"
    yield from _compare_members("", recorded.body, sent.body)


def _names_same_model(recorded: ComparedRequest, sent: ComparedRequest) -> bool:
    """By the deployment's name, or else by what it stands for: either may have changed where it is replayed."""
    if recorded.deployment_name and recorded.deployment_name == sent.deployment_name:
        return True
    return _text_matches(recorded.model, sent.model)


def _name_model(request: ComparedRequest) -> str:
    name, model = request.deployment_name, request.model
    return model if name in ("", model) else f"{name} ({model})"


def _list_messages(request: ComparedRequest) -> list[object]:
    messages = request.body.get("messages")
    return messages if is_list(messages) else []


def _matches(recorded: object, sent: object) -> bool:
    return next(_compare("", recorded, sent), None) is None


def _compare(path: str, recorded: object, sent: object) -> Iterator[str]:
    if recorded == MARK:
        return
    if is_object(recorded) and is_object(sent):
        yield from _compare_members(path, recorded, sent)
    elif is_list(recorded) and is_list(sent):
        yield from _compare_items(path, recorded, sent)
    elif isinstance(recorded, str) and isinstance(sent, str):
        if not _text_matches(recorded, sent):
            yield _tell(path, recorded, sent)
    elif isinstance(recorded, bool) is not isinstance(sent, bool) or recorded != sent:
        yield _tell(path, recorded, sent)


def _compare_members(path: str, recorded: JsonObject, sent: JsonObject) -> Iterator[str]:
    for name in [*recorded, *(name for name in sent if name not in recorded)]:
        below = f"{path}.{name}" if path else name
        if name not in sent or name not in recorded:
            yield _tell(below, recorded.get(name, _MISSING), sent.get(name, _MISSING))
        else:
            yield from _compare(below, recorded[name], sent[name])


def _compare_items(path: str, recorded: list[object], sent: list[object]) -> Iterator[str]:
    for index, (ours, theirs) in enumerate(zip(recorded, sent, strict=False)):
        yield from _compare(f"{path}.{index}", ours, theirs)
    if path != "messages":  # whose number has been told
        common = min(len(recorded), len(sent))
        for index, item in enumerate(recorded[common:], common):
            yield _tell(f"{path}.{index}", item, _MISSING)
        for index, item in enumerate(sent[common:], common):
            yield _tell(f"{path}.{index}", _MISSING, item)


def _text_matches(recorded: str, sent: str) -> bool:
    """What stands around redacted parts has to be there, in order."""
    if MARK not in recorded:
        return recorded == sent
    first, *middle, last = recorded.split(MARK)
    if len(sent) < len(first) + len(last) or not sent.startswith(first) or not sent.endswith(last):
        return False
    position, end = len(first), len(sent) - len(last)
    for part in middle:
        found = sent.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _tell(path: str, recorded: object, sent: object) -> str:
    if isinstance(recorded, str) and isinstance(sent, str):
        ours, theirs = quote_apart(recorded, sent)
    else:
        ours, theirs = (
            "nothing" if recorded is _MISSING else quote(recorded),
            "nothing" if sent is _MISSING else quote(sent),
        )
    return f"{path}: recorded {ours}, sent {theirs}"
