"""The newest revision of the schema: the `revision` of the last file in `migrations/versions`."""

HEAD = "0006"
