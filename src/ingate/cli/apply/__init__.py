"""Declarative set-up: `ingate apply` makes an Ingate what a file says, `ingate export` writes such a file.

A file (foundry.yaml, an ARM template, a Bicep file) is read with places and becomes a list of items in the order in
which they can be created; the current state is listed from the management API; a plan is the difference; execution
carries a plan out. Reading knows no HTTP, execution knows no file format. Nothing here holds a secret.
"""
