"""Benchmarks: Ingate beside nginx, Portkey and LiteLLM over one mock upstream, as `python -m bench`. They measure and
print; nothing here is asserted in tests, nothing in `src/` imports it, and it knows Ingate only as a process with
ports. docs/reference/benchmarks.md has the method."""
