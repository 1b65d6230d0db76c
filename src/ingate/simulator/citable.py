"""What a request lets an answer cite, and the citation of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingate.simulator.accounting.media_tokens import decode
from ingate.simulator.hosted_tools.turn import list_blocks, split_turn
from ingate.simulator.hosted_tools.web_search import derive_encrypted_index, get_snippet
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_object
from ingate.simulator.pdf_text import read_pdf_pages

MAX_QUOTE = 300
"""Characters of a source that an answer quotes."""
MAX_WEB_CITED = 150
"""Characters of `cited_text` of a web search result; the documented limit."""
SEARCHED = 20_000
"""Characters of a source among which the quote is chosen."""
PDF_SEARCHED = 8 << 20
"""Base64 characters of a PDF among which its pages are looked for."""
UNREAD_PAGE = "[the simulator could not read this page's text]"

_SENTENCE = re.compile(r"[^\s.!?][^.!?\n]*[.!?]*")
_WORD = re.compile(r"\w{3,}")

_SOURCE_TYPES = frozenset(
    {"document", "search_result", "tool_result", "web_fetch_tool_result", "web_search_tool_result"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    lead: str
    """What stands before the quote in the answer, to say where it is from."""
    text: str
    citation: JsonObject
    score: int
    """How many of the prompt's words are in it."""


@dataclass(frozen=True, slots=True)
class _Finder:
    """Looks through a conversation, counting documents and search results as citations count them."""

    words: frozenset[str]
    quotes: list[Quote] = field(default_factory=list[Quote])
    documents: list[JsonObject] = field(default_factory=list[JsonObject])
    search_results: list[JsonObject] = field(default_factory=list[JsonObject])

    def read(self, blocks: Iterable[JsonObject]) -> None:
        for block in blocks:
            match block.get("type"):
                case "document":
                    self.documents.append(block)
                    self.quotes.extend(self.quote_document(block, len(self.documents) - 1))
                case "search_result":
                    self.search_results.append(block)
                    self.quotes.extend(self.quote_search_result(block, len(self.search_results) - 1))
                case "tool_result":
                    self.read(list_blocks(block))
                case "web_fetch_tool_result":
                    page = block.get("content")
                    document = page.get("content") if is_object(page) else None
                    self.read([document] if is_object(document) else [])
                case _:
                    pass

    def quote_document(self, document: JsonObject, index: int) -> Iterator[Quote]:
        source = document.get("source")
        if not is_cited(document) or not is_object(source):
            return
        title = get_string(document, "title")
        place: JsonObject = {"document_index": index, "document_title": title or None, "file_id": None}
        lead = render_lead(f"document {index + 1}", title)
        match source.get("type"):
            case "text":
                yield from self.quote_text(get_string(source, "data"), place, lead)
            case "content":
                found = self.choose_block(list_blocks(source))
                if found is not None:
                    yield self.quote_block(*found, lead, {"type": "content_block_location", **place})
            case "base64":
                yield self.quote_pdf(decode(get_string(source, "data")[:PDF_SEARCHED]), place, lead)
            case "url":
                yield self.quote_page("", 1, place, lead)
            case _:
                pass  # a file, whose kind is not known here

    def quote_text(self, text: str, place: JsonObject, lead: str) -> Iterator[Quote]:
        sentence = choose_sentence(text, self.words)
        if sentence is not None:
            start, end = sentence
            yield self.build(
                lead,
                text[start:end],
                {
                    "type": "char_location",
                    "cited_text": text[start:end],
                    **place,
                    "start_char_index": start,
                    "end_char_index": end,
                },
            )

    def quote_pdf(self, content: bytes, place: JsonObject, lead: str) -> Quote:
        pages = read_pdf_pages(content)
        found = [
            (self.count_words(text[slice(*sentence)]), -number, text[slice(*sentence)])
            for number, text in enumerate(pages, start=1)
            if (sentence := choose_sentence(text, self.words)) is not None
        ]
        _, number, text = max(found, default=(0, -1, ""))
        return self.quote_page(text, -number, place, lead)

    def quote_page(self, text: str, number: int, place: JsonObject, lead: str) -> Quote:
        """`end_page_number` is the page after the last one cited."""
        text = text or UNREAD_PAGE
        return self.build(
            lead,
            text,
            {
                "type": "page_location",
                "cited_text": text,
                **place,
                "start_page_number": number,
                "end_page_number": number + 1,
            },
        )

    def quote_search_result(self, result: JsonObject, index: int) -> Iterator[Quote]:
        found = self.choose_block(get_objects(result.get("content")))
        if found is not None and is_cited(result):
            title = get_string(result, "title")
            place: JsonObject = {
                "type": "search_result_location",
                "search_result_index": index,
                "source": get_string(result, "source"),
                "title": title,
            }
            yield self.quote_block(*found, render_lead(f"search result {index + 1}", title), place)

    def choose_block(self, blocks: Sequence[JsonObject]) -> tuple[int, str] | None:
        """Place and text of the block with most of the prompt's words; the first of equals."""
        texts = [(self.count_words(text[:SEARCHED]), -place, text) for place, text in list_texts(blocks)]
        if not texts:
            return None
        _, place, text = max(texts)
        return -place, text

    def quote_block(self, place: int, text: str, lead: str, citation: JsonObject) -> Quote:
        """The answer quotes the best sentence of the block; the citation always holds the whole block."""
        sentence = choose_sentence(text, self.words)
        quoted = text[slice(*sentence)] if sentence is not None else text[:MAX_QUOTE]
        whole = {**citation, "cited_text": text, "start_block_index": place, "end_block_index": place + 1}
        return self.build(lead, quoted, whole)

    def quote_web_results(self, blocks: Iterable[JsonObject]) -> None:
        for block in blocks:
            if block.get("type") == "web_search_tool_result":
                for result in get_objects(block.get("content")):
                    title, url = get_string(result, "title"), get_string(result, "url")
                    snippet = get_snippet(result)[:MAX_WEB_CITED]
                    citation: JsonObject = {
                        "type": "web_search_result_location",
                        "cited_text": snippet,
                        "url": url,
                        "title": title,
                        "encrypted_index": derive_encrypted_index(result),
                    }
                    self.quotes.append(self.build(f"\n\nFrom {url}: ", snippet, citation))

    def build(self, lead: str, text: str, citation: JsonObject) -> Quote:
        return Quote(lead=lead, text=text, citation=citation, score=self.count_words(text))

    def count_words(self, text: str) -> int:
        return len(self.words.intersection(_WORD.findall(text.lower())))


def list_quotes(body: JsonObject, server_blocks: Sequence[JsonObject]) -> Sequence[Quote]:
    """One for each source that may be cited, in order; `server_blocks` are those of the answer that is being made.

    Documents and search results of the whole conversation can be cited, what a web search found only in its turn.
    """
    if not server_blocks and not has_sources(body):
        return ()
    opening, said, _ = split_turn(body)
    prompt = " ".join(text for _, text in list_texts(opening))
    finder = _Finder(frozenset(_WORD.findall(prompt[:SEARCHED].lower())))
    for message in get_objects(body.get("messages")):
        finder.read(list_blocks(message))
    finder.read(server_blocks)
    finder.quote_web_results([*said, *server_blocks])
    return finder.quotes


def has_sources(body: JsonObject) -> bool:
    """Whether anything in the conversation could be quoted: most have nothing, and need not be searched."""
    return any(
        block.get("type") in _SOURCE_TYPES
        for message in get_objects(body.get("messages"))
        for block in get_objects(message.get("content"))
    )


def is_cited(source: JsonObject) -> bool:
    """Whether citations are enabled; they are off unless asked for."""
    citations = source.get("citations")
    return is_object(citations) and citations.get("enabled") is True


def list_texts(blocks: Sequence[JsonObject]) -> Iterator[tuple[int, str]]:
    """Place and text of the blocks that are text."""
    for place, block in enumerate(blocks):
        text = get_string(block, "text")
        if block.get("type") == "text" and text.strip():
            yield place, text


def choose_sentence(text: str, words: frozenset[str]) -> tuple[int, int] | None:
    """Start and end of the sentence with most of these words; the first of equals."""
    best: tuple[int, int] | None = None
    best_score = -1
    for found in _SENTENCE.finditer(text, 0, SEARCHED):
        score = len(words.intersection(_WORD.findall(found.group().lower())))
        if score > best_score:
            best, best_score = (found.start(), found.start() + len(found.group()[:MAX_QUOTE].rstrip())), score
    return best


def render_lead(source: str, title: str) -> str:
    return f'\n\nFrom {source} ("{title[:80]}"): ' if title else f"\n\nFrom {source}: "
