"""The command line: an outsider that speaks HTTP to a running Ingate, as any other client does.

Commands, what they print, and how they find the Ingate they speak to. Nothing here imports the rooms that it
talks to: an endpoint that is missing shows at once. `ingate up` is declared here and run by `ingate.__main__`.
"""
