"""Transparent mode's CONNECT proxy: programs that were told of it reach Ingate under Azure's own host names.

It ends TLS for the hosts that Ingate serves, passes the bytes on to the plane that each belongs to, and lets
nothing else out unless it was told to. It knows no plane from inside: addresses, names and certificates are given
to it.
"""
