"""The Files API of the simulator: `store.py` keeps files on disk, `api.py` answers requests in the shapes of both
ages, with the header `files-api-2025-04-14` and without. https://platform.claude.com/docs/en/build-with-claude/files"""
