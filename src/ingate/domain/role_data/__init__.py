"""The built-in roles as data: names, ids, actions and data actions as Microsoft's list of built-in roles has them
(Microsoft Learn, Azure built-in roles, read 2026-09-04). Data, no code."""
