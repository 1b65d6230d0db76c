"""From exchanges to answers about them: the journal that every worker appends to. Segments, queries, metrics and
costs are built on it.
"""
