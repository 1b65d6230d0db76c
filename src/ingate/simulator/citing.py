"""Text that names its sources: quotes from documents and search results, each with the citation the API would give.

In two steps, since an answer may be cut between them: `quote_sources` says what to add to the text, `cite_sources`
cuts the text into blocks and gives those that quote their citations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingate.simulator.citable import Quote, list_quotes
from ingate.simulator.json_value import JsonObject
from ingate.simulator.request import MessagesRequest

MAX_QUOTES = 3
"""Sources that one answer quotes: those that have most words in common with the prompt."""


def quote_sources(request: MessagesRequest, server_blocks: Sequence[JsonObject] = ()) -> str:
    """What an answer adds to its text to quote its sources; "" when there are none that ask for citations."""
    return "".join(quote.lead + quote.text for quote in choose_quotes(request, server_blocks))


def cite_sources(
    text: str, request: MessagesRequest, server_blocks: Sequence[JsonObject] = ()
) -> tuple[JsonObject, ...]:
    """The text in blocks, put together the same text; what `quote_sources` gave of it has citations.

    A quote of which only the beginning is left, where the text was cut, has its citation too.
    """
    return tuple(_cut(text, choose_quotes(request, server_blocks)))


def choose_quotes(request: MessagesRequest, server_blocks: Sequence[JsonObject]) -> Sequence[Quote]:
    quotes = list_quotes(request.body, server_blocks)
    places = sorted(range(len(quotes)), key=lambda place: (-quotes[place].score, place))[:MAX_QUOTES]
    return [quotes[place] for place in sorted(places)]


def _cut(text: str, quotes: Sequence[Quote]) -> Iterator[JsonObject]:
    position = 0
    for quote in quotes:
        found = text.find(quote.lead, position)
        start = found + len(quote.lead)
        cited = text[start : start + len(quote.text)]
        if found < 0 or not cited or not quote.text.startswith(cited):
            continue
        yield {"type": "text", "text": text[position:start]}
        yield {"type": "text", "text": cited, "citations": [quote.citation]}
        position = start + len(cited)
    if position < len(text):
        yield {"type": "text", "text": text[position:]}
