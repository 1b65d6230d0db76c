"""Reads journals back: after a crash, by whatever turns them into answers, and by hand.

python -m ingate.telemetry.journal_reader DATA_DIRECTORY
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import msgspec

from ingate.domain.exchange import ExchangeRecord

from .journal_file import JOURNAL_FORMAT, JournalHeader

JOURNAL_FOLDER = "journal"
LINE_BYTES = 1024 * 1024
"""No line is nearly as long; what follows in a longer one is passed over unread."""


class Damage(NamedTuple):
    """A line that is no record, or a whole file that is not ours to read."""

    path: Path
    line: int
    """Counted from 1."""
    kind: Literal["torn", "corrupt", "unknown format"]
    """`torn`: the last line has no end, because the writer was ended within it. No answer had been given for it."""


_decode = msgspec.json.Decoder(ExchangeRecord).decode
_decode_header = msgspec.json.Decoder(JournalHeader).decode


def list_journals(data_directory: Path) -> list[Path]:
    """Oldest first."""
    return sorted((data_directory / JOURNAL_FOLDER).glob("*.jsonl"))


def read_journals(data_directory: Path, on_damage: Callable[[Damage], None]) -> Iterator[ExchangeRecord]:
    """All records of all workers, file by file; in a file in the order in which exchanges ended. Raises OSError."""
    for path in list_journals(data_directory):
        yield from read_journal(path, on_damage)


def read_journal(path: Path, on_damage: Callable[[Damage], None]) -> Iterator[ExchangeRecord]:
    """One file's records, while it is written or later. Empty lines are skipped, everything else that is no record is
    reported. Raises OSError."""
    with path.open("rb") as file:
        for number, line in enumerate(_read_lines(file), 1):
            if not line.endswith(b"\n"):
                on_damage(Damage(path, number, "torn"))
                return
            if line == b"\n":
                continue
            if number == 1 and (header := _read_header(line)) is not None:
                if header.journal_format != JOURNAL_FORMAT:
                    on_damage(Damage(path, number, "unknown format"))
                    return
                continue
            try:
                yield _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                on_damage(Damage(path, number, "corrupt"))


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Of a line that is too long, the beginning and its end, so that it stays one line and no record."""
    while line := file.readline(LINE_BYTES):
        if len(line) == LINE_BYTES and not line.endswith(b"\n"):
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(LINE_BYTES)
            line = line[:100] + rest[-1:]
        yield line


def _read_header(line: bytes) -> JournalHeader | None:
    try:
        return _decode_header(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Sum:
    """What a deployment consumed."""

    def __init__(self) -> None:
        self.exchanges = self.input = self.output = self.cache_read = self.cache_write = 0

    def add(self, record: ExchangeRecord) -> None:
        self.exchanges += 1
        if (usage := record.usage) is not None:
            self.input += usage.input_tokens
            self.output += usage.output_tokens
            self.cache_read += usage.cache_read_input_tokens
            self.cache_write += usage.cache_creation_input_tokens

    def render(self) -> str:
        figures = (self.exchanges, self.input, self.output, self.cache_read, self.cache_write)
        return "".join(f" {figure:>14}" for figure in figures)


def render_summary(data_directory: Path) -> tuple[str, bool]:
    """What the journals hold, for people, and whether every whole line could be read. Raises OSError."""
    sums: dict[str, _Sum] = {}
    damages: list[Damage] = []
    refused = 0
    for record in read_journals(data_directory, damages.append):
        if record.outcome == "refused":
            refused += 1
        else:
            sums.setdefault(f"{record.resource}/{record.deployment}", _Sum()).add(record)
    width = max(map(len, ("deployment", *sums)))
    files = len(list_journals(data_directory))
    exchanges = sum(entry.exchanges for entry in sums.values())
    columns = "".join(f" {name:>14}" for name in ("exchanges", "input", "output", "cache read", "cache write"))
    lines = [
        f"{files} journal files, {exchanges} exchanges, {refused} refused requests",
        f"{'deployment':<{width}}{columns}",
        *(f"{name:<{width}}{entry.render()}" for name, entry in sorted(sums.items())),
        *(f"{damage.kind}: {damage.path} line {damage.line}" for damage in damages),
    ]
    return "\n".join(lines) + "\n", all(damage.kind == "torn" for damage in damages)


def main(arguments: Sequence[str]) -> int:
    """0, or 1 when a line or a file could not be read, 2 when there is no journal. A torn last line is no failure."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m ingate.telemetry.journal_reader DATA_DIRECTORY\n")
        return 2
    folder = Path(arguments[0])
    if not list_journals(folder):
        sys.stderr.write(f"there are no journals in {folder / JOURNAL_FOLDER}\n")
        return 2
    try:
        text, is_whole = render_summary(folder)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(text)
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
