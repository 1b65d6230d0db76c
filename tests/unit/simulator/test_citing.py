"""Citations: what a source asks to be quoted is quoted exactly, and found again at the indices that are given."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
from anthropic.types.beta import BetaTextBlock
from pydantic import TypeAdapter

from ingate.simulator.citing import MAX_QUOTES, cite_sources, quote_sources
from ingate.simulator.hosted_tools.web_search import WebSearch
from ingate.simulator.request import MessagesRequest, parse_messages_request

Json: TypeAlias = "dict[str, Any]"

ON = {"enabled": True}
FACTS = "Grass is green. The sky is blue on a clear day.\nSheep eat 3 kg a day."
ANSWER = "This is simulated."


def build_request(*blocks: Json, prompt: str = "Why is the sky blue?", later: Sequence[Json] = ()) -> MessagesRequest:
    content = [*blocks, {"type": "text", "text": prompt}]
    messages = [{"role": "user", "content": content}, *later]
    return parse_messages_request({"model": "claude-sonnet-4-5", "max_tokens": 500, "messages": messages})


def build_document(text: str = FACTS, **fields: Any) -> Json:
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, "citations": ON, **fields}


def build_search_result(*texts: str, **fields: Any) -> Json:
    content = [{"type": "text", "text": text} for text in texts]
    return {
        "type": "search_result",
        "source": "kb/1",
        "title": "Sky",
        "content": content,
        "citations": ON,
        **fields,
    }


def cite(request: MessagesRequest, server_blocks: Sequence[Json] = ()) -> list[Json]:
    """The citations of an answer; its blocks are what the SDK takes, and nothing of the text is lost."""
    text = ANSWER + quote_sources(request, server_blocks)
    blocks = cite_sources(text, request, server_blocks)
    assert "".join(str(block["text"]) for block in blocks) == text
    citations: list[Json] = []
    for block in blocks:
        read = TypeAdapter(BetaTextBlock).validate_python(block)
        assert not any(citation.model_extra for citation in read.citations or ())
        cited: Any = block.get("citations", [])
        citations += cited
    return citations


def test_without_sources_the_text_is_one_block() -> None:
    request = build_request()
    assert quote_sources(request) == ""
    assert cite_sources(ANSWER, request) == ({"type": "text", "text": ANSWER},)
    assert cite_sources("", request) == ()


def test_a_document_that_does_not_ask_for_citations_gets_none() -> None:
    assert cite(build_request(build_document(citations={"enabled": False}))) == []
    assert cite(build_request(build_document(citations=None))) == []


def test_the_sentence_with_most_words_of_the_prompt_is_quoted_in_a_block_of_its_own() -> None:
    request = build_request(build_document(title="Facts"))
    said = quote_sources(request)
    assert said == '\n\nFrom document 1 ("Facts"): The sky is blue on a clear day.'
    plain, quoting = cite_sources(ANSWER + said, request)
    assert plain == {"type": "text", "text": ANSWER + '\n\nFrom document 1 ("Facts"): '}
    assert quoting["text"] == "The sky is blue on a clear day."


def test_plain_text_is_cited_by_characters() -> None:
    [citation] = cite(build_request(build_document(title="Facts")))
    assert FACTS[citation["start_char_index"] : citation["end_char_index"]] == citation["cited_text"]
    assert citation == {
        "type": "char_location",
        "cited_text": "The sky is blue on a clear day.",
        "document_index": 0,
        "document_title": "Facts",
        "file_id": None,
        "start_char_index": 16,
        "end_char_index": 47,
    }


def test_documents_are_counted_over_the_whole_conversation_cited_or_not() -> None:
    later: list[Json] = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "get", "input": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [build_document("One. Sky two.")]},
            ],
        },
    ]
    request = build_request(build_document(citations=None), build_document(), later=later)
    assert [citation["document_index"] for citation in cite(request)] == [1, 2]


def test_content_blocks_are_cited_whole() -> None:
    blocks = [{"type": "text", "text": "Grass. It is green."}, {"type": "text", "text": "Sky. The sky is blue."}]
    document = {"type": "document", "source": {"type": "content", "content": blocks}, "citations": ON}
    [citation] = cite(build_request(document))
    assert citation == {
        "type": "content_block_location",
        "cited_text": "Sky. The sky is blue.",
        "document_index": 0,
        "document_title": None,
        "file_id": None,
        "start_block_index": 1,
        "end_block_index": 2,
    }


def test_content_that_is_a_string_is_one_block() -> None:
    document = {"type": "document", "source": {"type": "content", "content": "A blue sky."}, "citations": ON}
    [citation] = cite(build_request(document))
    assert (citation["start_block_index"], citation["end_block_index"]) == (0, 1)


def test_a_pdf_is_cited_by_pages_the_last_one_exclusive() -> None:
    pdf = build_pdf("Grass is green.", "The sky is blue.")
    [citation] = cite(build_request({"type": "document", "source": pdf, "title": "Sky", "citations": ON}))
    assert citation == {
        "type": "page_location",
        "cited_text": "The sky is blue.",
        "document_index": 0,
        "document_title": "Sky",
        "file_id": None,
        "start_page_number": 2,
        "end_page_number": 3,
    }


@pytest.mark.parametrize(
    "source", [{"type": "url", "url": "https://x.example/a.pdf"}, {"type": "base64", "data": "AAAA"}]
)
def test_a_pdf_that_cannot_be_read_is_cited_with_words_that_say_so(source: Json) -> None:
    [citation] = cite(build_request({"type": "document", "source": source, "citations": ON}))
    assert citation["cited_text"] == "[the simulator could not read this page's text]"


def test_a_document_by_file_id_is_counted_but_not_cited() -> None:
    document = {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "citations": ON}
    [citation] = cite(build_request(document, build_document()))
    assert citation["document_index"] == 1


def test_search_results_are_counted_apart_and_cited_by_blocks() -> None:
    results = [build_search_result("Grass."), build_search_result("Nothing.", "The sky is blue. It is high.")]
    citations = cite(build_request(build_document(), *results))
    assert [citation["type"] for citation in citations] == ["char_location"] + ["search_result_location"] * 2
    assert citations[2] == {
        "type": "search_result_location",
        "cited_text": "The sky is blue. It is high.",
        "search_result_index": 1,
        "source": "kb/1",
        "title": "Sky",
        "start_block_index": 1,
        "end_block_index": 2,
    }


def test_search_results_in_the_result_of_a_tool_are_cited() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [build_search_result("A blue sky.")]}
    call: Json = {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}}
    later: list[Json] = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    [citation] = cite(build_request(later=later))
    assert citation["search_result_index"] == 0


def test_what_a_web_search_found_in_this_answer_is_cited() -> None:
    content: Any = WebSearch(tool={}).invent_results("sky")
    block = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": content}
    citations = cite(build_request(), [block])
    assert [citation["url"] for citation in citations] == [result["url"] for result in content[:MAX_QUOTES]]
    assert citations[0]["type"] == "web_search_result_location"
    assert citations[0]["title"] == "Simulated result 1: sky"
    assert citations[0]["cited_text"] == "Simulated result 1: sky - invented, no page was read."


def test_what_an_earlier_turn_found_on_the_web_is_not_cited_again() -> None:
    content = WebSearch(tool={}).invent_results("sky")
    block = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": content}
    later = [{"role": "assistant", "content": [block]}, {"role": "user", "content": "Thanks."}]
    assert cite(build_request(later=later)) == []


def test_a_page_that_was_fetched_is_a_document() -> None:
    page = {"type": "web_fetch_result", "url": "https://x.example/", "content": build_document("A blue sky.")}
    block = {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": page}
    assert [found["document_index"] for found in cite(build_request(build_document()), [block])] == [0, 1]


def test_the_sources_nearest_to_the_prompt_are_quoted_in_their_order() -> None:
    documents = [build_document(text) for text in ("Grass.", "Blue sky.", "Sheep.", "A sky, why.", "The sky.")]
    assert [found["document_index"] for found in cite(build_request(*documents))] == [1, 3, 4]


def test_an_answer_cut_within_a_quote_cites_what_is_left_of_it() -> None:
    request = build_request(build_document())
    whole = ANSWER + quote_sources(request)
    for length in range(len(whole)):
        blocks = cite_sources(whole[:length], request)
        assert "".join(str(block["text"]) for block in blocks) == whole[:length]
        assert all(block["text"] for block in blocks)
    _, quoting = cite_sources(whole[:-9], request)
    assert quoting["text"] == "The sky is blue on a c"
    assert "citations" in quoting


def test_a_text_without_our_quotes_gets_no_citations() -> None:
    assert cite_sources(FACTS, build_request(build_document())) == ({"type": "text", "text": FACTS},)


def test_a_long_sentence_is_quoted_in_part_with_the_indices_of_that_part() -> None:
    text = "  sky " * 100
    [citation] = cite(build_request(build_document(text)))
    assert text[citation["start_char_index"] : citation["end_char_index"]] == citation["cited_text"]
    assert len(citation["cited_text"]) <= 300


@pytest.mark.parametrize("document", [build_document(""), build_document(" \n"), build_document("...")])
def test_a_document_without_a_sentence_is_not_quoted(document: Json) -> None:
    assert cite(build_request(document)) == []


def build_pdf(*pages: str) -> Json:
    parts = [f"<< /Type /Pages /Kids [{' '.join(f'{10 + n} 0 R' for n in range(len(pages)))}] >>"]
    numbers = [1]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        parts += [
            f"<< /Type /Page /Contents {50 + number} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
        numbers += [10 + number, 50 + number]
    objects = "\n".join(f"{n} 0 obj\n{part}\nendobj" for n, part in zip(numbers, parts, strict=True))
    data = base64.b64encode(f"%PDF-1.4\n{objects}\n%%EOF".encode()).decode()
    return {"type": "base64", "media_type": "application/pdf", "data": data}
