"""In place of a query process: does what a query's text says."""

from __future__ import annotations

import os
import sys
import time

import msgspec

from ingate.telemetry.query_protocol import (
    LENGTH_BYTES,
    AnswerMessage,
    FailedMessage,
    InvalidMessage,
    Message,
    OutOfMemoryMessage,
    QueryRequest,
    RowsMessage,
    decode_request,
    render_message,
)


def send(message: Message) -> None:
    sys.stdout.buffer.write(render_message(message))
    sys.stdout.buffer.flush()


def answer() -> None:
    send(
        AnswerMessage(
            columns=(("pid", "long"),),
            row_count=2,
            cut_at="rows",
            render={"visualization": "table"},
            start=0.0,
            end=60.0,
            seconds=0.5,
            cpu_seconds=0.25,
            peak_memory_bytes=1,
            scanned_segments=2,
            scanned_journals=3,
            scanned_bytes=4,
        )
    )


def obey(request: QueryRequest) -> None:
    match request.text.split():
        case ["answer"]:
            send(RowsMessage(rows=msgspec.Raw(f"[[{os.getpid()}]]".encode())))
            send(RowsMessage(rows=msgspec.Raw(b"[[2]]")))
            answer()
        case ["answer", "after", seconds]:
            time.sleep(float(seconds))
            obey(msgspec.structs.replace(request, text="answer"))
        case ["refuse"]:
            send(InvalidMessage(code="SemanticError", message="no", line=1, column=2, token="x"))
        case ["exhaust"]:
            send(OutOfMemoryMessage())
        case ["fail"]:
            send(FailedMessage(reason="why", detail="not told"))
        case ["die", "within", "rows"]:
            send(RowsMessage(rows=msgspec.Raw(b"[[1]]")))
            os._exit(1)
        case ["babble"]:
            sys.stdout.buffer.write(b"\0\0\0\4what")
            sys.stdout.buffer.flush()
        case ["take", mebibytes]:
            taken = bytearray(os.urandom(1024 * 1024)) * int(mebibytes)
            time.sleep(60)
            del taken
        case ["echo"]:
            send(FailedMessage(reason=msgspec.json.encode(request).decode(), detail=""))
        case _:
            time.sleep(60)


def main() -> None:
    stream = sys.stdin.buffer
    while len(length := stream.read(LENGTH_BYTES)) == LENGTH_BYTES:
        obey(decode_request(stream.read(int.from_bytes(length, "big"))))


if __name__ == "__main__":
    main()
