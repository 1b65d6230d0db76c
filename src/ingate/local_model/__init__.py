"""A real, small model on this machine: its weights, and llama.cpp's own server for them in a child process.

It knows nothing of Ingate: what it starts is one more server that speaks the Messages API, which the composition root
configures as an upstream with the profile `llama.cpp`. The server's library is the optional extra `ingate[local]`;
only `server.py`, which is what the child runs, imports it.
"""
