"""Alembic's environment and the revisions of the schema, oldest first. Imported only when there is something to
migrate: `schema_revision.py` names the newest revision, so that an up-to-date database opens without Alembic."""
