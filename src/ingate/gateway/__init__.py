"""The data plane: connections of clients, the pipeline that every request goes through, and the exchange that relays
an upstream's answer. It decides from the directory snapshot alone, touches no database, and starts no task and no
future per request or event: clients' and upstreams' connections call each other (docs/decisions/0001).
"""
