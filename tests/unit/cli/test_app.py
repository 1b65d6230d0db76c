"""The tree of commands as a whole: documented, and quick to start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from walk(child, f"{path} {name}")
    else:
        yield path, command


def sections() -> dict[str, str]:
    """The reference by its headings: the text under `### ingate keys list` by that name."""
    parts = REFERENCE.read_text(encoding="utf-8").split("\n### ")[1:]
    return {part.partition("\n")[0].strip("` "): part for part in parts}


def test_every_command_and_option_is_in_the_reference(cli: click.Group) -> None:
    text = sections()
    common = text["Common options"]
    for path, command in walk(cli, "ingate"):
        assert path in text, f"docs/reference/cli.md has no section for {path}"
        documented = text[path] + common
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for name in () if parameter.hidden else (*parameter.opts, *parameter.secondary_opts):
                    assert f"`{name}" in documented, f"{path} {name} is not in docs/reference/cli.md"
            else:
                assert parameter.make_metavar(click.Context(command)).strip("[]") in text[path]


def test_the_reference_has_no_command_or_option_that_does_not_exist(cli: click.Group) -> None:
    commands = dict(walk(cli, "ingate"))
    for path, text in sections().items():
        if not path.startswith("ingate "):
            continue
        options = {
            name for parameter in commands[path].params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        for line in text.splitlines():
            if line.startswith("| `-"):
                named = {part.strip("` ").split(" ")[0] for part in line.split("|")[1].split(",")}
                assert named <= options, f"{path}: {named - options}"


def test_every_command_and_option_explains_itself(cli: click.Group) -> None:
    for path, command in walk(cli, "ingate"):
        assert command.help, path
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{path} {parameter.name}"


def test_help_needs_neither_http_nor_tables_nor_what_serves() -> None:
    """What makes `ingate --help` quick, without a stopwatch."""
    program = (
        "import sys\nfrom ingate.__main__ import main\n"
        "sys.argv = ['ingate', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('httpx2', 'rich', 'pydantic', 'sqlalchemy', 'starlette', 'asyncio', 'ingate.assembly')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "Exit codes: 0 done" in done.stdout
    assert done.stderr == "[]\n"
