"""Reads cassettes: a file, or all in a folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ingate.simulator.incoming import Header
from ingate.simulator.json_value import JsonObject, get_string, is_integer, is_object

from .cassette import FORMAT, Cassette, CassetteError, RecordedAnswer, RecordedRequest
from .replay import Cassettes
from .yaml_text import YamlDocument

SUFFIXES = (".yaml", ".yml")

_NUMBER = re.compile(r"\d+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset(("content-length", "transfer-encoding", "content-encoding", "connection"))


def load_cassettes(path: Path) -> Cassettes:
    """Every cassette of a folder in the order of their numbers, or one file. Answers are read as well, so that
    nothing is left to go wrong when they are asked for. Raises CassetteError."""
    try:
        if not path.is_dir():
            return Cassettes([load_cassette(path)])
        files = [file for file in path.iterdir() if file.suffix in SUFFIXES and not file.name.startswith(".")]
    except OSError as error:
        raise CassetteError(path, None, error.strerror or "cannot be read") from None
    if not files:
        raise CassetteError(path, None, "no cassette is in this folder")
    return Cassettes([load_cassette(file) for file in sorted(files, key=_get_order)])


def load_cassette(path: Path) -> Cassette:
    """Raises CassetteError."""
    document = YamlDocument(path, _read(path, path))
    value = document.value
    if value.get("cassette") != FORMAT:
        raise document.fault(f"cassette: {FORMAT} is the format that this Ingate reads", "cassette")
    request, response = (_get_mapping(document, value, name) for name in ("request", "response"))
    return Cassette(
        name=path.name,
        deployment_name=get_string(value, "deployment"),
        request=RecordedRequest(
            method=get_string(request, "method") or "POST",
            path=_get_text(document, request, "request", "path"),
            query=get_string(request, "query"),
            headers=_read_headers(document, request, "request"),
            body=_get_mapping(document, request, "body", within="request"),
        ),
        answer=_read_answer(document, path, response),
    )


def _get_order(path: Path) -> tuple[int, str]:
    """000-a before 001-b, 999-a before 1000-a; what has no number comes last."""
    number = _NUMBER.match(path.name)
    return (int(number.group()) if number else 10**9, path.name)


def _read_answer(document: YamlDocument, path: Path, response: JsonObject) -> RecordedAnswer:
    status = response.get("status")
    if not is_integer(status) or not 200 <= status <= 599:
        raise document.fault("response.status: a number from 200 to 599", "response", "status")
    name = _get_text(document, response, "response", "file")
    if Path(name).name != name:
        raise document.fault("response.file: the name of a file beside this one", "response", "file")
    content = _read(path.with_name(name), path, document.fault("", "response", "file").line)
    digest = response.get("sha256")
    if digest is not None and digest != hashlib.sha256(content).hexdigest():
        raise document.fault(
            f"response.sha256: {name} is not what was recorded; if you changed it, delete this line",
            *("response", "sha256"),
        )
    headers = _read_headers(document, response, "response")
    return RecordedAnswer(
        status=status,
        headers=tuple(_encode(name, value) for name, value in headers.items() if name not in _FRAMING),
        content=content,
    )


def _encode(name: str, value: str) -> Header:
    return name.encode("latin-1"), value.encode("latin-1")


def _read_headers(document: YamlDocument, mapping: JsonObject, within: str) -> dict[str, str]:
    """Lower-case names. None at all is as good as an empty mapping."""
    if mapping.get("headers") is None:
        return {}
    headers: dict[str, str] = {}
    for name, value in _get_mapping(document, mapping, "headers", within=within).items():
        text = str(value) if is_integer(value) else value
        if not isinstance(text, str) or not _is_header(name, text):
            raise document.fault(f"{within}.headers.{name}: not a header", within, "headers", name)
        headers[name.lower()] = text
    return headers


def _is_header(name: object, value: str) -> bool:
    is_name = isinstance(name, str) and _HEADER_NAME.fullmatch(name) is not None
    return is_name and all(" " <= letter <= "~" or "\xa0" <= letter <= "\xff" or letter == "\t" for letter in value)


def _get_mapping(document: YamlDocument, mapping: JsonObject, name: str, *, within: str = "") -> JsonObject:
    value = mapping.get(name)
    if is_object(value):
        return value
    where = [within, name] if within else [name]
    raise document.fault(f"{'.'.join(where)}: a mapping is needed here", *where)


def _get_text(document: YamlDocument, mapping: JsonObject, within: str, name: str) -> str:
    value = mapping.get(name)
    if isinstance(value, str) and value:
        return value
    raise document.fault(f"{within}.{name}: a text is needed here", within, name)


def _read(path: Path, cassette: Path, line: int | None = None) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "cannot be read"
        raise CassetteError(cassette, line, reason if path == cassette else f"{path.name}: {reason}") from None
