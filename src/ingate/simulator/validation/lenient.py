"""The little that must be right for a request to be answered at all, when everything else is let through."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ingate.simulator.validation.schema_file import Endpoint
from ingate.simulator.validation.shape import AnyObject, Anything, Either, Items, Member, Number, Open, Record, Text


@cache
def get_lenient_schema() -> Mapping[Endpoint, Open]:
    block = Record()
    block.fill({"type": Member(shape=Text(), required=True)})
    content = Either(text=Text(), array=Items(of=Open(block)))
    message = Record()
    message.fill({"role": Member(shape=Text(), required=True), "content": Member(shape=content, required=True)})
    members = {
        "model": Member(shape=Text(), required=True),
        "messages": Member(
            shape=Items(of=Open(message), fewest=1, few="at least one message is required"), required=True
        ),
        "system": Member(shape=Either(text=Text(), array=Items(of=AnyObject())), nullable=True),
        "tools": Member(shape=Items(of=AnyObject()), nullable=True),
        "tool_choice": Member(shape=AnyObject(), nullable=True),
        "thinking": Member(shape=AnyObject(), nullable=True),
        "stop_sequences": Member(shape=Items(of=Text()), nullable=True),
        "stream": Member(shape=Anything(), nullable=True),
    }
    counted = Record()
    counted.fill(members)
    answered = Record()
    answered.fill(members | {"max_tokens": Member(shape=Number(whole=True), required=True)})
    return MappingProxyType({"messages": Open(answered), "count_tokens": Open(counted)})
