"""What a request costs: its tokens, what of them the prompt cache holds, and what is taken out beforehand.

`tokens` estimates, `prompt_cache` splits the estimate into read, written and neither, `context_editing` and
`compaction` make long conversations short as the request asks. All of it is arithmetic over the body; the one thing
that is remembered between requests is the prompt cache. What the answer costs, and who pays, is decided elsewhere.
"""
