"""The Kusto query language, compiled: query text -> typed syntax tree -> one DuckDB statement.

`compiling.py` is the door. `syntax/` reads text and knows no table; `semantics/` has types, values and relations;
`functions/`, `aggregates.py` and `operators/` say what each word of the language means, one table or file per family.
Nothing here runs a query, opens a file or reads a clock, and a query can name nothing but the tables it is given.
"""
