"""Ingate's simulator beside other mocks of the Messages API, as `python -m bench.mocks`: generated answers and
streams per second on one core. Contenders, the check that their answers are answers, and the tables; load and
arithmetic are the benchmark's own. docs/reference/benchmarks.md has the method."""
