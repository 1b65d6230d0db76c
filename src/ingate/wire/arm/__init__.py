"""Azure Resource Manager's formats: resource ids, envelopes, errors, api-versions and JSON documents.

Shapes only: which resource exists and who may change it is decided elsewhere.
"""
