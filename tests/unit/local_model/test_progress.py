from __future__ import annotations

import io

from ingate.local_model.progress import Progress


def test_where_lines_are_kept_there_is_one_for_every_quarter() -> None:
    lines: list[str] = []
    progress = Progress(93_000_000, report=lines.append, terminal=None)
    for received in range(0, 94_000_000, 1_000_000):
        progress.update(received)
    progress.end()
    assert lines == ["26% of 93 MB", "51% of 93 MB", "75% of 93 MB", "100% of 93 MB"]


def test_on_a_terminal_one_line_is_rewritten_and_then_removed() -> None:
    terminal = io.StringIO()
    progress = Progress(10_000_000, report=lambda _: None, terminal=terminal)
    progress.update(5_000_000)
    progress.update(99_000_000)
    progress.update(0)
    progress.end()
    assert terminal.getvalue() == "\r   50% of 10 MB\r  100% of 10 MB\r  100% of 10 MB\r\x1b[K"
