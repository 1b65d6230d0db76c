"""Forms as clients send them, and forms that are none."""

from __future__ import annotations

import pytest

from ingate.wire.multipart import MOST_PARTS, FormPart, MalformedForm, parse_form

TYPE = b"multipart/form-data; boundary=b"


def parse(body: bytes, content_type: bytes | None = TYPE) -> tuple[FormPart, ...]:
    form = parse_form(content_type, body)
    assert not isinstance(form, MalformedForm), form
    return form


def part(*lines: bytes, content: bytes = b"x") -> bytes:
    return b"--b\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + content + b"\r\n"


def disposition(parameters: bytes) -> bytes:
    return b"Content-Disposition: form-data; " + parameters


END = b"--b--\r\n"


def test_parts_come_in_order_with_what_is_said_of_them() -> None:
    body = (
        part(disposition(b'name="display_name"'), content=b"Greeting")
        + part(disposition(b'name="files[]"; filename="a/SKILL.md"'), b"content-TYPE: text/markdown", content=b"# Hi")
        + END
    )
    name, file = parse(body)
    assert (name.name, name.filename, name.content_type, bytes(name.content)) == (
        "display_name",
        None,
        None,
        b"Greeting",
    )
    assert (file.name, file.filename, file.content_type, bytes(file.content)) == (
        "files[]",
        "a/SKILL.md",
        "text/markdown",
        b"# Hi",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"--b",
        b"\r\n--c",
        b"\r\n--bb\r\n",
        b"\r\n--b-\r\n",
        b"\n--b\r\n",
        b"\0\xff" * 9,
        b"\r\r\n",
        b"-" * 70_000,
    ],
)
def test_content_is_what_stands_between_delimiters_byte_for_byte(content: bytes) -> None:
    body = part(disposition(b'name="file"'), content=content) + part(disposition(b'name="after"')) + END
    first, second = parse(body)
    assert bytes(first.content) == content
    assert (second.name, bytes(second.content)) == ("after", b"x")


def test_content_is_a_view_of_the_body() -> None:
    body = part(disposition(b'name="file"'), content=b"large") + END
    assert parse(body)[0].content.obj is body


@pytest.mark.parametrize(
    ("written", "filename"),
    [
        (b'filename="caf\xc3\xa9.txt"', "café.txt"),
        (b"filename=plain.txt", "plain.txt"),
        (b'filename="a%22b.txt"', 'a"b.txt'),
        (b'filename="a\\"b.txt"', 'a"b.txt'),
        (b'filename="a;b.txt"', "a;b.txt"),
        (b'filename="50%25.txt"', "50%25.txt"),
        (b'filename=""', ""),
        (b'FileName="upper.txt"', "upper.txt"),
    ],
)
def test_file_names_are_read_as_clients_write_them(written: bytes, filename: str) -> None:
    [file] = parse(part(disposition(b'name="file"; ' + written)) + END)
    assert file.filename == filename


def test_a_quoted_boundary_and_what_comes_after_the_end_are_taken() -> None:
    body = b'--a b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--a b--\r\nepilogue'
    [field] = parse(body, b'Multipart/Form-Data; charset=utf-8; boundary="a b"')
    assert bytes(field.content) == b"y"


def test_a_form_may_be_empty() -> None:
    assert parse(END) == ()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (END, None),
        (END, b"application/json"),
        (END, b"multipart/form-data"),
        (END, b"multipart/form-data; boundary="),
        (b"", TYPE),
        (b"no delimiter", TYPE),
        (part(disposition(b'name="x"')), TYPE),
        (part(disposition(b'name="x"'))[:-2] + END, TYPE),
        (part(b"Content-Type: text/plain") + END, TYPE),
        (part(disposition(b'filename="x"')) + END, TYPE),
        (part(b'Content-Disposition: attachment; name="x"') + END, TYPE),
        (part(disposition(b'name="x"; filename="\xff"')) + END, TYPE),
        (part(disposition(b'name="x"'), b"X: " + b"x" * 100_000) + END, TYPE),
        (part(b"no colon") + END, TYPE),
        (part(disposition(b'name="x"')) * (MOST_PARTS + 1) + END, TYPE),
    ],
)
def test_what_is_no_whole_form_is_told_apart(body: bytes, content_type: bytes | None) -> None:
    assert isinstance(parse_form(content_type, body), MalformedForm)
