"""Token counts, estimated: Claude's tokenizer is not public.

Text is cut into pieces that are about as long as its tokens; that gives counts and, for `max_tokens`, places to
stop at. The constants were fitted to requests whose count the API had reported; docs/reference/simulator-tokens.md
gives the error that remains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingate.simulator.accounting.segments import Segment, get_segments
from ingate.simulator.accounting.token_weights import TokenWeights, find_token_weights
from ingate.simulator.json_value import JsonObject
from ingate.simulator.model_facts import ModelFacts

_PIECE = re.compile(
    r"[ A-Za-z][a-z]{1,9}"  # a word or a part of a long one; the commonest case comes first, for speed
    r"|[!-/:-@\[-`{-~]{1,3}"  # punctuation
    r"| [A-Z][a-z]{1,8}"
    r"| ?[A-Z]{1,3}"
    r"|[0-9]{1,3}"
    r"| [!-/:-@\[-`{-~]{1,3}"
    r"| ?[\u0080-\u052f]{1,3}"  # Latin with accents, Greek, Cyrillic
    r"|[ \t]{1,8}"
    r"|[\r\n]{1,4}"
    r"|.",  # an ideograph, a syllable, a symbol
    re.DOTALL,
)

EXACT_LENGTH = 32_768
"""Characters of a request that are counted one by one; a longer one is estimated from a sample of that size."""
_WINDOWS = 32
_WINDOW_LENGTH = EXACT_LENGTH // _WINDOWS


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedInput:
    segments: Sequence[Segment]
    tokens: Sequence[int]
    """Of each segment."""

    @property
    def total(self) -> int:
        return sum(self.tokens)


def split_tokens(text: str) -> list[str]:
    """Pieces that make up the whole text, each about one token."""
    return _PIECE.findall(text)


def count_text_tokens(text: str) -> int:
    """The number of pieces; for a long text an estimate from windows spread over it, so that time is bounded."""
    length = len(text)
    if length <= EXACT_LENGTH:
        return len(_PIECE.findall(text))
    step = length // _WINDOWS
    starts = range(0, step * _WINDOWS, step)
    counted = sum(len(_PIECE.findall(text, start, start + _WINDOW_LENGTH)) for start in starts)
    return counted * length // EXACT_LENGTH


def count_input_tokens(body: JsonObject, facts: ModelFacts | None = None) -> int:
    """What a request that passed validation costs. Leans to too many: clients compact too late otherwise.

    Without facts, as the model counts that the request names.
    """
    return count_input(body, facts).total


def count_input(body: JsonObject, facts: ModelFacts | None = None) -> CountedInput:
    """The same, block by block."""
    weights = find_token_weights(body, facts)
    segments = list(get_segments(body, weights))
    return CountedInput(segments=segments, tokens=count_segments(segments, weights))


def count_segments(segments: Sequence[Segment], weights: TokenWeights) -> list[int]:
    """Tokens of each. In a long request each has the share of the sample that its length has."""
    texts = [part for segment in segments for part in segment.parts if isinstance(part, str)]
    length = sum(map(len, texts))
    if length <= EXACT_LENGTH:
        return [count_segment(segment, weights) for segment in segments]
    per_character = count_text_tokens("".join(texts)) / length * weights.text_scale
    return [
        round(sum(len(part) * per_character if isinstance(part, str) else part for part in segment.parts))
        for segment in segments
    ]


def count_segment(segment: Segment, weights: TokenWeights) -> int:
    pieces = sum(len(_PIECE.findall(part)) for part in segment.parts if isinstance(part, str))
    return round(pieces * weights.text_scale) + sum(part for part in segment.parts if isinstance(part, int))
