"""The local Entra ID: signs callers in and issues the tokens that the gateway and the management API believe.

Discovery, keys, the OAuth endpoints of both versions, the sign-in pages, managed identities. It reads principals from
the control plane's state and writes nothing there but signing keys and the audit trail; who may do what with a token
is decided elsewhere, and so are changes to principals.
"""
