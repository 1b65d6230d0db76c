"""The kinds of load: one file per method of measuring, and the catalogue of scenarios that use them. A scenario knows
contenders only through `bench.contenders.contender`."""
