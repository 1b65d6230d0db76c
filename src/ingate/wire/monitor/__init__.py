"""Azure Monitor's formats: how times, spans and filters are written, and the envelopes of its answers.

Text and bytes to values and back; what is asked for and who may ask is decided elsewhere.
"""
