"""The tabular operators, one file per family: syntax tree and relation in, relation out."""
