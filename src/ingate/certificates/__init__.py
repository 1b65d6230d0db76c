"""The local certificate authority, and the server certificates that it signs.

TLS on loopback for clients that refuse anything else: the Azure SDKs send no token over plain http. The authority can
sign for nothing but the names that Ingate serves. What serves with the certificates lives elsewhere.
"""
