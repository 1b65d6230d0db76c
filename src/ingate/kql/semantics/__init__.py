"""What expressions and tables are while they are compiled: types, values, relations, scopes. Emits SQL, runs none."""
