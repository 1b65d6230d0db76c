"""Files that a request names by id take part as if they had been sent along."""

from __future__ import annotations

import base64
import json
from typing import Any

from ingate.simulator.incoming import ServedAs, SimulatorRequest
from ingate.simulator.simulator import SimulatedAnswer, Simulator, SimulatorSettings

FILES = {"file_text": ("text/plain", "The sea is blue. Élan.".encode()), "file_pdf": ("application/pdf", b"%PDF-1.7")}


def read_file(resource_id: str, file_id: str) -> tuple[str, bytes] | None:
    return FILES.get(file_id) if resource_id == "example-resource" else None


def ask(*blocks: dict[str, Any], resource_id: str = "example-resource") -> SimulatedAnswer:
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": [*blocks, {"type": "text", "text": "Is the sea blue?"}]}],
    }
    return Simulator(settings=SimulatorSettings(), read_file=read_file).answer(
        SimulatorRequest(
            path=b"/v1/messages",
            headers=[(b"anthropic-version", b"2023-06-01"), (b"anthropic-beta", b"files-api-2025-04-14")],
            body=json.dumps(body).encode(),
            served_as=ServedAs(resource_id=resource_id),
        )
    )


def read(answer: SimulatedAnswer) -> dict[str, Any]:
    return json.loads(b"".join(piece for _, piece in answer.chunks))


def document(source: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "document", "source": source, **fields}


def test_a_file_costs_and_cites_what_its_content_would() -> None:
    by_id = document({"type": "file", "file_id": "file_text"}, citations={"enabled": True})
    data = FILES["file_text"][1].decode()
    sent = document({"type": "text", "media_type": "text/plain", "data": data}, citations={"enabled": True})
    named, inline = read(ask(by_id)), read(ask(sent))
    assert named["usage"]["input_tokens"] == inline["usage"]["input_tokens"]
    cited = [block["citations"][0]["cited_text"] for block in named["content"] if block.get("citations")]
    assert cited == ["The sea is blue."]


def test_a_pdf_is_sent_along_in_base64() -> None:
    by_id = document({"type": "file", "file_id": "file_pdf"})
    sent = document(
        {
            "type": "base64",
            "media_type": "application/pdf",
            "data": base64.b64encode(FILES["file_pdf"][1]).decode(),
        }
    )
    assert read(ask(by_id))["usage"]["input_tokens"] == read(ask(sent))["usage"]["input_tokens"]


def test_a_file_that_is_not_there_is_not_found() -> None:
    for resource_id in ("example-resource", "another"):
        file_id = "file_none" if resource_id == "example-resource" else "file_text"
        answer = ask(document({"type": "file", "file_id": file_id}), resource_id=resource_id)
        assert answer.status == 404
        assert read(answer)["error"] == {"type": "not_found_error", "message": f"File not found: {file_id}"}
