"""Cassettes: exchanges with a real upstream, written where people can read them, and answered again offline.

`writing.CassetteFolder` keeps what a recorder hands over, redacted; `cassettes.load_cassettes` gives back
`replay.Cassettes`, which finds the recorded answer to a request or says in what it differs from the nearest one.
Reading and writing are the only files that do I/O, and neither is on the path of an answer: cassettes are in memory
when they are asked. The format is in docs/reference/cassette.md.
"""
