from __future__ import annotations

from ingate.cli.running import default_data_dir
from ingate.settings import parse_settings


def test_commands_look_where_ingate_up_keeps_its_data() -> None:
    assert default_data_dir() == parse_settings({}, {}).data_dir
