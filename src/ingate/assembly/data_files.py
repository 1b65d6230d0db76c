"""Names of files in the data directory that several processes read."""

from __future__ import annotations

LOCK_FILE = "ingate.lock"
DIRECTORY_FILE = "directory.json"
PREVIOUS_DIRECTORY_FILE = "directory.previous.json"
"""The last run's. Nothing is served from it: the keys of trusted issuers are taken from it until they have been
fetched again, and a worker sees by it whether it will need the simulator."""
ADMIN_TOKEN_FILE = "admin.token"  # noqa: S105 - a file's name
