"""Files that a script names, read when it is loaded."""

from __future__ import annotations

from pathlib import Path

from ingate.simulator.scripting.tree_reader import Problems, Read, read_name
from ingate.simulator.scripting.yaml_tree import Node

MOST_BYTES = 32 * 1024 * 1024


def path_reader(folder: Path | None) -> Read[Path]:
    """Paths are relative to the script's own folder. A script that is no file has none."""

    def read(node: Node, problems: Problems) -> Path | None:
        name = read_name(node, problems)
        if name is None:
            return None
        if "\n" in name or "\0" in name:
            problems.add(node, "this is no path of a file; what is to be sent goes below `inline:`")
            return None
        path = Path(name)
        if folder is None and not path.is_absolute():
            problems.add(node, f"'{name}' is relative, and this script is no file: only an absolute path says where")
            return None
        path = path if folder is None else folder / path
        if not path.exists():
            problems.add(node, f"there is no file '{name}'")
            return None
        return path

    return read


def file_reader(folder: Path | None) -> Read[bytes]:
    """The bytes of a regular file."""
    read_path = path_reader(folder)

    def read(node: Node, problems: Problems) -> bytes | None:
        path = read_path(node, problems)
        if path is None:
            return None
        try:
            if not path.is_file():
                problems.add(node, f"'{path.name}' is not a regular file")
                return None
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError as error:
            problems.add(node, f"'{path.name}' cannot be read: {error.strerror}")
            return None
        if len(content) > MOST_BYTES:
            problems.add(node, f"'{path.name}' is longer than {MOST_BYTES} bytes")
            return None
        return content

    return read
