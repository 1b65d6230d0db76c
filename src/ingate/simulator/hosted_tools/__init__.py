"""The tools that Anthropic defines: those that its servers run while the model answers (searching and fetching on the
web, running code, searching tools, calling MCP servers), with invented and labelled results, and the arguments of
those that the client runs (shell, text editor, memory, computer). Nothing here reaches any network, file or process.
"""
