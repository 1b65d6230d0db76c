"""The scalar functions, by family, as tables from name to signature and SQL. What is not in a table is refused by
name."""
