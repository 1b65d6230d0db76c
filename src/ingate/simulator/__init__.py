"""The embedded upstream: answers the Messages API with no model behind it, and says so in every answer.

`simulator.Simulator` is the whole of what others use: the bytes of a request in, the pieces of an answer out.
Everything here is a pure function of the request and the settings - no clock, no randomness, no I/O - so
the same request gets the same bytes, and the event loop it is called from is never held up by anything but
arithmetic. It is an outsider: it knows the Messages API, and nothing of resources, deployments or keys.
"""
