"""Tables with a bar in them, as charts in the terminal have it."""

from __future__ import annotations

import io
import shutil
import sys
from typing import TYPE_CHECKING

from .output import WIDTH_OF_A_FILE

if TYPE_CHECKING:
    from rich.bar import Bar
    from rich.table import Table

BAR_WIDTH = 32


def make_bar(share: float) -> Bar:
    """`share` is from 0 to 1."""
    from rich.bar import Bar

    return Bar(1, 0, share, width=BAR_WIDTH)


def draw(table: Table) -> str:
    """To the width of the terminal, without a line at the end."""
    from rich.console import Console

    drawn = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH_OF_A_FILE
    Console(file=drawn, width=width, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n"))
