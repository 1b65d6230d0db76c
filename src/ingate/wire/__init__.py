"""Other people's formats: bytes to values and back. Imports nothing of ours and does no I/O.

`http1` is the one place that serialises HTTP heads; `messages` is Anthropic's Messages API; `arm` is Azure Resource
Manager's envelopes.
"""
