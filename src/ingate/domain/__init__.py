"""Our decisions: values in, values out. No I/O, no clock, no randomness, and no knowledge of HTTP.

Aggregates (resource, deployment, key, upstream), the directory snapshot that gateways serve from, refusals,
and the ports that the rooms above implement, each beside the aggregate it serves.
"""
