"""Anthropic's Messages API as bytes: the few request fields that decide where an exchange goes, the error envelope,
and the usage that answers report. It types only what Ingate acts on; everything else passes untouched.
"""
