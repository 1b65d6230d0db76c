"""What of an exchange is written, and how."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.simulator.cassettes.exchanges import (
    JSON_TYPE,
    SECRET,
    SSE_TYPE,
    VERSION,
    make_body,
    make_exchange,
    make_folder,
    make_redaction,
)

from ingate.simulator.cassettes import writing
from ingate.simulator.cassettes.writing import CassetteFolder, NotKept


def keep(folder: Path, *paths: str, **exchange: Any) -> tuple[dict[str, Any], bytes]:
    """The cassette, and the answer beside it."""
    path = make_folder(folder, *paths).keep(make_exchange(**exchange))
    document = yaml.safe_load(path.read_bytes())
    return document, (folder / document["response"]["file"]).read_bytes()


def test_a_cassette_says_what_passed(tmp_path: Path) -> None:
    path = make_folder(tmp_path).keep(make_exchange(make_body("Hello\nthere")))
    assert (
        path.read_text()
        == """\
cassette: 1
recorded_at: '2026-11-22T12:00:00.000+00:00'
recorded_by: ingate 0.0.0
deployment: my-claude
request:
  method: POST
  path: /v1/messages
  headers:
    anthropic-version: '2023-06-01'
  body:
    model: claude-haiku-4-5
    max_tokens: 10
    messages:
    - role: user
      content: |-
        Hello
        there
response:
  status: 200
  headers:
    content-type: application/json
  file: 001-my-claude.json
  sha256: {digest}
""".format(digest=sha256(b'{"type":"message"}').hexdigest())
    )


def test_answers_are_kept_as_they_passed(tmp_path: Path) -> None:
    body = b'{ "type" :"message",\n"n":1.0 }'
    assert keep(tmp_path, answer=body)[1] == body


@pytest.mark.parametrize(
    ("content_type", "suffix"),
    [
        (b"application/json; charset=utf-8", ".json"),
        (b"Text/Event-Stream", ".sse"),
        (b"text/html", ".body"),
        (b"", ".body"),
    ],
)
def test_an_answers_file_is_called_by_its_kind(tmp_path: Path, content_type: bytes, suffix: str) -> None:
    document, _ = keep(tmp_path, headers=((b"Content-Type", content_type),), answer=b"x")
    assert document["response"]["file"] == f"001-my-claude{suffix}"


def test_only_headers_and_parameters_that_are_known_to_be_harmless_are_kept(tmp_path: Path) -> None:
    document, _ = keep(
        tmp_path,
        query=b"beta=true&subscription-key=abc&api-version=1",
        request_headers=(VERSION, (b"X-Api-Key", b"k"), (b"Anthropic-Beta", b"a"), (b"anthropic-beta", b"b")),
        headers=(
            *(JSON_TYPE, (b"Set-Cookie", b"c"), (b"Retry-After", b"3"), (b"content-length", b"2")),
            *((b"anthropic-ratelimit-requests-limit", b"50"), (b"anthropic-organization-id", b"o")),
        ),
    )
    assert document["request"]["query"] == "beta=true&api-version=1"
    assert document["request"]["headers"] == {"anthropic-version": "2023-06-01", "anthropic-beta": "a, b"}
    assert document["response"]["headers"] == {
        "content-type": "application/json",
        "retry-after": "3",
        "anthropic-ratelimit-requests-limit": "50",
    }


def test_a_secret_is_kept_nowhere(tmp_path: Path) -> None:
    secret = SECRET.encode()
    exchanges: list[dict[str, Any]] = [
        {"body": make_body(SECRET), "answer": json.dumps({"x": [SECRET]}).encode()},
        {"answer": b"<html>" + secret, "headers": ((b"content-type", b"text/html"),)},
        {"answer": b"not json " + secret},
        {"answer": b'data: {"x": "hunter2"}\n\n', "headers": (SSE_TYPE,)},
        {"query": b"beta=" + secret, "request_headers": ((b"anthropic-beta", secret),)},
        {"headers": (JSON_TYPE, (b"request-id", secret))},
        {"answer": gzip.compress(b'{"x": "hunter2"}'), "headers": (JSON_TYPE, (b"content-encoding", b"gzip"))},
    ]
    for exchange in exchanges:
        keep(tmp_path, **exchange)
    files = list(tmp_path.iterdir())
    assert len(files) == 2 * len(exchanges)
    assert [path.name for path in files if secret in path.read_bytes()] == []


def test_chosen_fields_are_kept_nowhere(tmp_path: Path) -> None:
    answer = b'{"type":"message","content":[{"type":"text","text":"private"}]}'
    document, content = keep(
        tmp_path, *("messages.*.content", "content.*.text"), body=make_body("private"), answer=answer
    )
    assert document["request"]["body"]["messages"] == [{"role": "user", "content": "[redacted]"}]
    assert json.loads(content) == {"type": "message", "content": [{"type": "text", "text": "[redacted]"}]}


def test_a_compressed_answer_is_kept_as_what_it_says(tmp_path: Path) -> None:
    headers = (JSON_TYPE, (b"content-encoding", b"gzip"))
    document, content = keep(tmp_path, answer=gzip.compress(b'{"a":1}'), headers=headers)
    assert content == b'{"a":1}'
    assert "content-encoding" not in document["response"]["headers"]


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        ({"answer": b"no gzip", "headers": ((b"content-encoding", b"gzip"),)}, "broken-coding"),
        ({"answer": b"x", "headers": ((b"content-encoding", b"pied-piper"),)}, "unknown-coding"),
        ({"body": b"hunter2"}, "its request is not JSON"),
        ({"body": b"[]"}, "its request is not a JSON object"),
    ],
)
def test_what_cannot_be_replayed_is_not_kept(tmp_path: Path, exchange: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotKept, match=reason):
        make_folder(tmp_path).keep(make_exchange(**exchange))
    assert list(tmp_path.iterdir()) == []


def test_numbers_go_on_after_what_is_there(tmp_path: Path) -> None:
    make_folder(tmp_path).keep(make_exchange())
    (tmp_path / "041-theirs.txt").touch()
    assert make_folder(tmp_path).keep(make_exchange()).name == "042-my-claude.yaml"


def test_names_are_safe_for_any_deployment(tmp_path: Path) -> None:
    names = [make_folder(tmp_path).keep(make_exchange(deployment=name)).name for name in ("../a b", "v1.5", "")]
    assert names == ["001-.._a_b.yaml", "002-v1.5.yaml", "003-exchange.yaml"]


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    make_folder(folder).keep(make_exchange())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600, 0o600]


def test_when_the_disk_takes_no_more_nothing_of_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(document: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "render_yaml", fail)
    with pytest.raises(OSError, match="No space"):
        make_folder(tmp_path).keep(make_exchange())
    assert list(tmp_path.iterdir()) == []


def test_when_redaction_fails_nothing_is_written(tmp_path: Path) -> None:
    def fail(text: str) -> str:
        raise TimeoutError

    redaction = make_redaction()
    redaction.redact_text = fail
    with pytest.raises(TimeoutError):
        CassetteFolder(tmp_path, redaction=redaction, recorded_by="x").keep(make_exchange())
    assert list(tmp_path.iterdir()) == []


def test_nobody_elses_file_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a second process took the number meanwhile."""
    theirs = tmp_path / "001-my-claude.json"
    theirs.write_bytes(b"theirs")

    def count_from_one(folder: CassetteFolder) -> int:
        return 1

    monkeypatch.setattr(CassetteFolder, "_get_next_number", count_from_one)
    assert make_folder(tmp_path).keep(make_exchange()).name == "002-my-claude.yaml"
    assert theirs.read_bytes() == b"theirs"
