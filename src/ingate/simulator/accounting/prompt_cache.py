"""Prompt caching: which part of a request's input was read from the cache, written to it, or neither.

The rules are those of Anthropic's prompt caching page. An entry is visible to the next request at once; Claude's
becomes visible when the answer to the request that wrote it begins, which in a simulator that answers at once is the
same moment.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ingate.simulator.accounting.prefix import Prefix, Ttl, has_breakpoints, hash_prefix
from ingate.simulator.accounting.tokens import CountedInput, count_input
from ingate.simulator.json_value import JsonObject, get_string
from ingate.simulator.model_facts import ModelFacts

LOOKBACK = 20
"""Positions that are tried for each breakpoint, its own the first."""
SECONDS: Mapping[Ttl, float] = {"5m": 300.0, "1h": 3_600.0}
MAXIMUM_ENTRIES = 20_000
"""About 5 MB; the entry that was not used for longest goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUsage:
    """A request's input tokens by what they cost; together they are all of them."""

    uncached: int
    cache_creation_5m: int = 0
    cache_creation_1h: int = 0
    cache_read: int = 0

    @property
    def total(self) -> int:
        return self.uncached + self.cache_creation_5m + self.cache_creation_1h + self.cache_read


@dataclass(slots=True)
class _Entry:
    partition: str
    tokens: int
    """Of the prefix, as it was charged when it was written: a read costs the same number."""
    ttl: Ttl
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    index: int
    tokens: int


class PromptCache:
    """What the prompts so far left behind. One per simulator; not safe for threads."""

    def __init__(self, *, clock: Callable[[], float], maximum_entries: int = MAXIMUM_ENTRIES) -> None:
        self._clock = clock
        """Seconds, monotonic."""
        self._maximum_entries = maximum_entries
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def count_entries(self) -> int:
        """Expired ones included: they go when they are asked for, or make way."""
        return len(self._entries)

    def charge(
        self,
        body: JsonObject,
        *,
        facts: ModelFacts,
        partition: str,
        input_tokens: int,
        counted: CountedInput | None = None,
    ) -> InputUsage:
        """How this request's input is billed; what it writes, later requests of the partition can read.

        `partition` keeps apart what must not share entries: the resource, as Foundry does; the model is added here.
        `input_tokens` are all of the request's; more than the body itself counts are taken to follow it. `counted`
        is the body's own count, for whoever has it already.
        """
        if not has_breakpoints(body):
            return InputUsage(uncached=input_tokens)
        counted = counted or count_input(body, facts)
        ends = list(accumulate(counted.tokens))
        model = get_string(body, "model") or facts.model_id
        prefix = hash_prefix(
            body,
            counted.segments,
            partition=f"{partition}\0{model}",
            thinks_by_default=facts.thinks_by_default,
        )
        now = self._clock()
        hit = self._find_longest(prefix, now)
        if hit:
            drift = hit.tokens - ends[hit.index]
            ends = [end + drift if index >= hit.index else end for index, end in enumerate(ends)]
        ends = [min(end, input_tokens) for end in ends]
        writable: dict[int, Ttl] = {
            index: ttl for index, ttl in prefix.breakpoints.items() if ends[index] >= facts.minimum_cache_tokens
        }
        for index, ttl in writable.items():
            self._write(prefix.hashes[index], partition, ends[index], ttl, now)
        read = min(hit.tokens, input_tokens) if hit else 0
        return split_input(read, writable, ends, input_tokens)

    def clear(self, ending: str = "") -> None:
        """Forgets what the partitions wrote whose names end like this: everything by default."""
        for key in [key for key, entry in self._entries.items() if entry.partition.endswith(ending)]:
            del self._entries[key]

    def _find_longest(self, prefix: Prefix, now: float) -> _Hit | None:
        """From the last breakpoint backwards: what is found first is the longest."""
        for index in sorted(prefix.breakpoints, reverse=True):
            for position in range(index, max(-1, index - LOOKBACK), -1):
                entry = self._use(prefix.hashes[position], now)
                if entry:
                    return _Hit(index=position, tokens=entry.tokens)
        return None

    def _use(self, key: bytes, now: float) -> _Entry | None:
        """The entry if it lives; its lifetime begins anew."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires <= now:
            del self._entries[key]
            return None
        entry.expires = now + SECONDS[entry.ttl]
        self._entries.move_to_end(key)
        return entry

    def _write(self, key: bytes, partition: str, tokens: int, ttl: Ttl, now: float) -> None:
        """Nothing new where an entry lives, only a new lifetime."""
        if self._use(key, now):
            return
        self._entries[key] = _Entry(partition=partition, tokens=tokens, ttl=ttl, expires=now + SECONDS[ttl])
        while len(self._entries) > self._maximum_entries:
            self._entries.popitem(last=False)


def split_input(read: int, writable: Mapping[int, Ttl], ends: Sequence[int], input_tokens: int) -> InputUsage:
    """Up to the hit it is read, from there to the last breakpoint of an hour written for an hour, from there to the
    last breakpoint written for five minutes; the rest is neither."""
    hour = max([read, *(ends[index] for index, ttl in writable.items() if ttl == "1h")])
    last = max([hour, *(ends[index] for index in writable)])
    return InputUsage(
        uncached=input_tokens - last,
        cache_creation_1h=hour - read,
        cache_creation_5m=last - hour,
        cache_read=read,
    )


def add_inference(first: InputUsage, added_tokens: int) -> InputUsage:
    """What two inferences cost together when a server tool's result, `added_tokens`, was read in a second one.

    With caching, the result gets a breakpoint of five minutes by itself (Anthropic, tool use with prompt caching).
    """
    cached = first.cache_read + first.cache_creation_5m + first.cache_creation_1h
    if not cached:
        return InputUsage(uncached=2 * first.uncached + added_tokens)
    return InputUsage(
        uncached=first.uncached,
        cache_creation_5m=first.cache_creation_5m + first.uncached + added_tokens,
        cache_creation_1h=first.cache_creation_1h,
        cache_read=first.cache_read + cached,
    )
