"""The embedded upstream: answers the Messages API with no model behind it, and says so in every answer.

`simulator.Simulator` makes an answer of a request: a function of its bytes, the settings, and what the prompt cache
and the message threads hold; no randomness, a clock only to let these expire, no I/O, so that the event loop it is
called from is held up by nothing but arithmetic. `scripting` stands before it, `storing` beside it, and only the
latter touches the disk while it answers. It is an outsider: it knows the Messages API, and nothing of resources,
deployments or keys but the names that scripts match on.
"""
