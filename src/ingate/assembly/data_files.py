"""Names of files in the data directory that several processes read."""

from __future__ import annotations

DIRECTORY_FILE = "directory.json"
PREVIOUS_DIRECTORY_FILE = "directory.previous.json"
"""The last run's. Only the keys of trusted issuers are taken from it, until they have been fetched again."""
ADMIN_TOKEN_FILE = "admin.token"  # noqa: S105 - a file's name
