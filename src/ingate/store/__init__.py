"""The control plane's state, kept in a database: one file for each aggregate, and the migrations of their tables.

Stores keep and find; they decide nothing. `opening.py` opens the data directory, `sqlite.py` is the only file that
knows which database this is, and `sealing.py` the only one that sees API keys in clear on their way to disk.
"""
