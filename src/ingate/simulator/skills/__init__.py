"""The Skills API of the simulator: `bundle.py` checks uploads, `store.py` keeps skills and their versions on disk,
`api.py` answers requests in the shapes of both ages, with the header `skills-2025-10-02` and without.
https://platform.claude.com/docs/en/build-with-claude/skills-guide"""
