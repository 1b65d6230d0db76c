from __future__ import annotations

import json

from tests.unit.cli.conftest import Run

from ingate import __version__


def test_the_version_is_printed_in_every_format(run: Run) -> None:
    assert run("version").stdout == f"ingate {__version__}\n"
    assert run("version", "-o", "tsv").stdout == f"{__version__}\n"
    assert json.loads(run("version", "-o", "json").stdout) == {"version": __version__}
