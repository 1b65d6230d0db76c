"""Where exchanges go: one file per kind of upstream, the pool of connections to servers, and the profiles that
normalise what other servers get wrong. Only configured upstreams are ever contacted; redirects are not followed.
"""
