from __future__ import annotations

import pytest

from ingate.cli.output import print_json, printable, render_table


def test_a_table_folds_to_the_width_of_the_terminal_and_loses_nothing() -> None:
    rows = [("name", "a" * 30), ("other", "b")]
    table = render_table(("key", "value"), rows, width=20)
    assert max(len(line) for line in table.splitlines()) <= 20
    assert table.count("a") == len("name") - 3 + 30


def test_markup_in_a_value_is_text() -> None:
    assert render_table(("key",), [("[red]x[/red]",)], width=80) == "KEY\n[red]x[/red]"


def test_only_printable_characters_pass() -> None:
    assert printable("naïve\x1b[0m\n") == "naïve\N{REPLACEMENT CHARACTER}[0m\N{REPLACEMENT CHARACTER}"
    assert printable("a\nb", keep="\n") == "a\nb"


def test_json_is_readable_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"größe": "\x1b[2J\x9b2J"})
    assert capsys.readouterr().out == '{\n  "größe": "\\u001b[2J\\u009b2J"\n}\n'
