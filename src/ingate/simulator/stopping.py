"""Where text ends: at its own end, at the limit of tokens, or before a stop sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingate.simulator.reply import StopReason
from ingate.simulator.tokens import split_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedText:
    text: str
    output_tokens: int
    stop_reason: StopReason
    stop_sequence: str | None


def stop_text(text: str, *, max_tokens: int, stop_sequences: Sequence[str]) -> StoppedText:
    """Cuts text as a model would have been: token by token, whichever limit is met first."""
    tokens = split_tokens(text)[:max_tokens]
    written = "".join(tokens)
    first = find_first_stop(written, stop_sequences)
    if first:
        kept = written[: first.start]
        return StoppedText(
            text=kept,
            output_tokens=max(1, len(split_tokens(kept))),
            stop_reason="stop_sequence",
            stop_sequence=first.sequence,
        )
    return StoppedText(
        text=written,
        output_tokens=len(tokens),
        stop_reason="end_turn" if len(written) == len(text) else "max_tokens",
        stop_sequence=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStop:
    start: int
    sequence: str


def find_first_stop(text: str, stop_sequences: Sequence[str]) -> FoundStop | None:
    """The sequence that is complete first: a writer who stops there never gets to the others."""
    found = [
        FoundStop(start=start, sequence=sequence)
        for sequence in stop_sequences
        if (start := text.find(sequence)) >= 0
    ]
    return min(found, key=lambda stop: stop.start + len(stop.sequence), default=None)
