"""Message threads: conversations that are held for a while, so that a client sends only what is new.

https://platform.claude.com/docs/en/build-with-claude/message-threads (beta message-threads-2026-08-12, on Foundry
too). The official client's tool runner works on one unless told otherwise. A thread is best effort by its contract:
a client is told with a 404 that its thread is gone, and sends everything again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingate.simulator.json_value import JsonObject, is_list, is_object
from ingate.simulator.refusal import Refusal, refuse

LIFETIME_SECONDS = 300.0
"""After the last request of a thread."""
MOST_THREADS = 256
"""The one that was not used for longest goes first; its client sends it again."""
HELD_FIELDS = ("system", "tools")
"""What a thread keeps besides the messages, and a request that goes on with it leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    messages: tuple[object, ...]
    fields: JsonObject
    expires: float


class MessageThreads:
    """One per simulator; not safe for threads of a process. `clock` is monotonic, in seconds."""

    def __init__(self, *, clock: Callable[[], float], most: int = MOST_THREADS) -> None:
        self._clock = clock
        self._most = most
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()

    def restore(self, body: JsonObject, *, partition: str) -> JsonObject | Refusal:
        """The whole conversation of a request that goes on with a thread; any other body as it is, also a wrong one.

        `partition` keeps apart what must not meet: resources. The same request can be repeated, for the same answer;
        Claude lets a response be continued once.
        """
        thread = body.get("thread")
        messages = body.get("messages")
        if not is_object(thread) or thread.get("type") != "continue" or not is_list(messages):
            return body
        message_id = thread.get("previous_message_id")
        if not isinstance(message_id, str):
            return body
        key = (partition, message_id)
        held = self._held.get(key)
        if held is None or held.expires <= self._clock():
            self._held.pop(key, None)
            return Refusal(
                error_type="not_found_error",
                message="The thread of `thread.previous_message_id` was not found or has expired. "
                "Send the whole conversation again in a new thread.",
                details={"error_code": "thread_not_found"},
            )
        for name in HELD_FIELDS:
            if name in body and body[name] != held.fields.get(name):
                return refuse(
                    f"{name}: differs from the thread's", details={"error_code": "thread_fingerprint_mismatch"}
                )
        return {**held.fields, **body, "messages": [*held.messages, *messages]}

    def hold(self, body: JsonObject, content: Sequence[JsonObject], *, message_id: str, partition: str) -> None:
        """Keeps a conversation that was answered with `content`, if its request asks for that. `body` is the whole
        conversation, as `restore` gives it."""
        messages = body.get("messages")
        if not is_object(body.get("thread")) or not is_list(messages):
            return
        answer = [{"role": "assistant", "content": list(content)}] if content else []
        self._held[partition, message_id] = _Held(
            messages=(*messages, *answer),
            fields={name: body[name] for name in HELD_FIELDS if name in body},
            expires=self._clock() + LIFETIME_SECONDS,
        )
        self._held.move_to_end((partition, message_id))
        if len(self._held) > self._most:
            self._held.popitem(last=False)
