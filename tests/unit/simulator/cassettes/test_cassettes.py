"""Reading what was written, and what people have made of it since."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.unit.simulator.cassettes.exchanges import (
    SSE_TYPE,
    make_body,
    make_exchange,
    make_folder,
    make_request,
)

from ingate.domain.redaction import Redactor
from ingate.simulator.cassettes.cassette import CassetteError
from ingate.simulator.cassettes.cassettes import load_cassettes
from ingate.simulator.cassettes.redaction import Redaction
from ingate.simulator.cassettes.replay import ReplayedAnswer
from ingate.simulator.cassettes.writing import CassetteFolder

MINIMAL = """\
cassette: 1
request:
  path: /v1/messages
  headers: {Anthropic-Version: '2023-06-01'}
  body: {model: claude-haiku-4-5, max_tokens: 10, messages: [{role: user, content: Hello}]}
response:
  status: 529
  headers: {Retry-After: 5, content-length: 999}
  file: answer.json
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A cassette written by hand."""
    (tmp_path / "answer.json").write_bytes(b'{"by": "hand"}')
    (tmp_path / "a.yaml").write_text(MINIMAL)
    return tmp_path / "a.yaml"


def find(path: Path, text: str, position: int = 0) -> ReplayedAnswer:
    found = load_cassettes(path).find(make_request(), make_body(text), session_position=position)
    assert isinstance(found, ReplayedAnswer), found
    return found


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    headers = (SSE_TYPE, (b"request-id", b"req_1"), (b"content-length", b"3"))
    folder.keep(make_exchange(make_body("a"), b": x", headers=headers))
    assert find(tmp_path, "a") == ReplayedAnswer(
        status=200, headers=(SSE_TYPE, (b"request-id", b"req_1")), content=b": x", cassette="001-my-claude.yaml"
    )


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (tmp_path / "998-").touch()  # as if there were so many
    for deployment, answer in [("z", b"1"), ("y", b"2"), ("x", b"3")]:
        folder.keep(make_exchange(make_body("a"), answer, deployment=deployment))
    assert sorted(path.name for path in tmp_path.glob("*.yaml")) == ["1000-y.yaml", "1001-x.yaml", "999-z.yaml"]
    assert [find(tmp_path, "a", position).content for position in range(3)] == [b"1", b"2", b"3"]


def test_real_requests_and_answers_come_back_as_they_were(tmp_path: Path, fixtures_dir: Path) -> None:
    """With the patterns that Ingate records with."""
    patterns = Redactor(())
    redaction = Redaction(redact_text=lambda text: str(patterns.redact(text)))
    folder = CassetteFolder(tmp_path, redaction=redaction, recorded_by="ingate 0.0.0")
    streams = [path.read_bytes() for path in sorted(fixtures_dir.rglob("*.sse"))]
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    bodies = [json.loads(line)["request"] for line in lines]
    for number, body in enumerate(bodies):
        folder.keep(make_exchange(body, streams[number % len(streams)], headers=(SSE_TYPE,)))
    cassettes = load_cassettes(tmp_path)
    counts: Counter[str] = Counter()
    for number, body in enumerate(bodies):
        key = cassettes.get_key(make_request(), body)
        found = cassettes.find(make_request(), body, session_position=counts[key])
        counts[key] += 1
        assert isinstance(found, ReplayedAnswer)
        assert found.content == streams[number % len(streams)]


def test_one_file_may_be_written_by_hand_with_little_in_it(written: Path) -> None:
    found = find(written, "Hello")
    assert (found.status, found.headers, found.content) == (529, ((b"retry-after", b"5"),), b'{"by": "hand"}')


def test_an_answer_that_was_changed_by_hand_is_not_taken_for_the_recorded_one(tmp_path: Path) -> None:
    path = make_folder(tmp_path).keep(make_exchange())
    path.with_suffix(".json").write_bytes(b"{}")
    with pytest.raises(CassetteError, match="if you changed it, delete this line") as raised:
        load_cassettes(tmp_path)
    lines = path.read_text().splitlines()
    assert raised.value.line is not None
    assert lines[raised.value.line - 1].strip().startswith("sha256:")
    path.write_text("\n".join(line for line in lines if "sha256" not in line))
    assert find(tmp_path, "Hello").content == b"{}"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("cassette: 1", "cassette: 2", 1, "cassette: 1 is the format"),
        ("cassette: 1\n", "", 1, "cassette: 1 is the format"),
        ("path: /v1/messages", "path: 5", 3, "request.path: a text is needed"),
        ("  body:", "  other:", 3, "request.body: a mapping is needed"),
        ("status: 529", "status: 99", 7, "response.status: a number from 200 to 599"),
        ("status: 529", "status: true", 7, "response.status: a number from 200 to 599"),
        ("file: answer.json", "file: ../answer.json", 9, "the name of a file beside this one"),
        ("file: answer.json", "file: none.json", 9, "none.json: No such file"),
        ("file: answer.json", "files: answer.json", 7, "response.file: a text is needed"),
        ("{Retry-After: 5,", "{'a b': x,", 8, "response.headers.a b: not a header"),
        ("{Retry-After: 5,", '{a: "x\\ny",', 8, "response.headers.a: not a header"),
        ("{Retry-After: 5,", "{a: [1],", 8, "response.headers.a: not a header"),
    ],
)
def test_what_cannot_be_replayed_is_told_with_its_line(
    written: Path, old: str, new: str, line: int, reason: str
) -> None:
    written.write_text(MINIMAL.replace(old, new))
    with pytest.raises(CassetteError) as raised:
        load_cassettes(written)
    assert reason in raised.value.reason
    assert (raised.value.path, raised.value.line) == (written, line)


def test_a_folder_without_cassettes_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="no cassette is in this folder"):
        load_cassettes(tmp_path)


def test_a_path_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="No such file"):
        load_cassettes(tmp_path / "no.yaml")
