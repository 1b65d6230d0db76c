"""Profiles: how other servers' answers deviate from the Messages API, and how each deviation is evened out.

Pure: bytes in, bytes out; no I/O, no clock, no randomness. Each server has one file that only lists what it does
differently, with the version in which that was seen; the other files know one piece of the format each (errors, one
message, a stream). What is already right passes as the bytes that came. `profile.py` is what the HTTP upstream uses.
"""
