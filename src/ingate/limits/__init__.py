"""Where quotas are kept: in the worker's own memory, or on a Valkey that workers and hosts share. Both do the
arithmetic of `domain/quota.py` and pass one conformance suite.
"""
