"""Files that only their owner may read, replaced whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .failure import CommandFailed


def write_private_file(path: Path, content: bytes) -> None:
    """Whoever reads sees the old content or the new one, never half of it. Mode 0600, whatever it was before."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two commands may write at the same time: each has a temporary file of its own, mode 0600 from the start.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:  # a Ctrl-C too: what was being written may be a secret
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror or type(error).__name__}") from error
