"""`python -m bench.estimator`: how far off the gateway's estimates are, and what they cost.

Input: every recorded request that was answered, against the usage its answer reported and against the simulator's
count; beside it, characters / 4. Output: every recorded stream, broken off at several points, against its share of
the tokens. The recordings are not part of the project; `--fixtures` names their folder.
"""

from __future__ import annotations

import argparse
import json
import sys
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

from ingate.domain.token_estimate import estimate_input_tokens, estimate_output_tokens
from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.simulator import Simulator, SimulatorSettings
from ingate.wire.messages.usage import StreamAnswerReader

Json = dict[str, Any]
FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
KINDS = ("text", "tools", "media", "server tools")


class Case(NamedTuple):
    kind: str
    body: bytes
    reported: int
    simulated: int | None


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.estimator", description=__doc__)
    parser.add_argument("--fixtures", type=Path, default=FIXTURES)
    folder: Path = parser.parse_args(arguments).fixtures
    if not folder.is_dir():
        print(f"bench: no recordings in {folder}; --fixtures names their folder", file=sys.stderr)
        return 1
    cases = _read_cases(folder / "requests" / "real_requests.jsonl")
    print("Input tokens: error relative to what the answer reported (all input, cached or not)\n")
    _print_errors(cases, lambda case: case.reported)
    print("\nInput tokens: error relative to the simulator's count\n")
    _print_errors([case for case in cases if case.simulated], lambda case: case.simulated or 1)
    print("\nOutput tokens of streams that break off: error relative to their share of the whole\n")
    _print_output_errors(folder)
    print("\nTime\n")
    _print_times(cases)
    return 0


def _read_cases(path: Path) -> list[Case]:
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    simulator = Simulator(settings=SimulatorSettings(seed=0))
    return [
        Case(_find_kind(row["request"]), body, _find_input(row["usage"]), _simulate(simulator, row["request"]))
        for row in rows
        if row["status"] == 200
        for body in [json.dumps(row["request"], separators=(",", ":"), ensure_ascii=False).encode()]
    ]


def _find_kind(request: Json) -> str:
    tools: list[Json] = request.get("tools", [])
    text = json.dumps(request["messages"])
    if request.get("mcp_servers") or any(tool.get("type", "custom") != "custom" for tool in tools):
        return "server tools"
    if '"base64"' in text or '"type": "url"' in text:
        return "media"
    return "tools" if tools else "text"


def _find_input(usage: Json) -> int:
    """Of an answer for which the context was compacted first, that inference counts too."""
    inferences: list[Json] = usage.get("iterations") or []
    if not any(inference["type"] == "compaction" for inference in inferences):
        inferences = [usage]
    kinds = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(inference.get(kind) or 0 for inference in inferences for kind in kinds)


def _simulate(simulator: Simulator, request: Json) -> int | None:
    """None of what it does not take."""
    body = json.dumps({**request, "stream": False}).encode()
    headers = [(b"anthropic-version", b"2023-06-01"), (b"content-type", b"application/json")]
    answer = simulator.answer(SimulatorRequest(path=b"/v1/messages", headers=headers, body=body))
    document = json.loads(b"".join(piece for _, piece in answer.chunks))
    return _find_input(document["usage"]) if answer.status == 200 else None


def _print_errors(cases: Sequence[Case], truth: Callable[[Case], int]) -> None:
    print(
        f"{'requests':14}{'':>6}  {'estimate: median':>18}{'p90':>7}{'worst':>9}  {'chars/4: median':>17}{'p90':>7}"
    )
    for kind in KINDS:
        chosen = [case for case in cases if case.kind == kind]
        if not chosen:
            continue
        ours = sorted(abs(estimate_input_tokens(case.body) / truth(case) - 1) for case in chosen)
        naive = sorted(abs(len(case.body) / 4 / truth(case) - 1) for case in chosen)
        print(
            f"{kind:14}{len(chosen):>6}  {median(ours):>18.0%}{_p90(ours):>7.0%}{ours[-1]:>9.0%}"
            f"  {median(naive):>17.0%}{_p90(naive):>7.0%}"
        )


def _p90(ordered: Sequence[float]) -> float:
    return ordered[int(len(ordered) * 0.9)]


def _print_output_errors(folder: Path) -> None:
    errors: list[float] = []
    for path in sorted((folder / "claude").glob("*.sse")):
        events = [event + b"\n\n" for event in path.read_bytes().replace(b"\r\n", b"\n").split(b"\n\n") if event]
        whole = _read_stream(events)
        usage = whole.usage
        if usage is None or not usage.output_tokens or usage.output_tokens < 50:
            continue
        for part in (0.25, 0.5, 0.75, 1.0):
            broken = _read_stream(events[: int(len(events) * part)])
            truth = usage.output_tokens * broken.measure_content() / max(1, whole.measure_content())
            if truth >= 10:
                errors.append(estimate_output_tokens(broken.measure_content()) / truth - 1)
    absolute = [abs(error) for error in errors]
    print(
        f"{len(errors)} breaks: median {median(absolute):.0%}, mean {mean(errors):+.0%} (under: thinking that is not"
    )
    print("shown, names of tools)")


def _read_stream(events: Sequence[bytes]) -> StreamAnswerReader:
    reader = StreamAnswerReader()
    for event in events:
        reader.read(event)
    return reader


def _print_times(cases: Sequence[Case]) -> None:
    ordered = sorted((case.body for case in cases), key=len)
    for body in (ordered[0], ordered[len(ordered) // 2], ordered[-10], ordered[-1]):
        count = max(5, 2_000_000 // (len(body) + 500))
        seconds = min(timeit.repeat(lambda body=body: estimate_input_tokens(body), number=count, repeat=5)) / count
        print(f"{len(body):>9,} bytes {seconds * 1e6:>9.1f} microseconds")
    event = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    event += b'"text":" are you doing"}}\n\n'
    reader = _read_stream([event] * 200)
    seconds = min(timeit.repeat(lambda: reader.read(event), number=20_000, repeat=5)) / 20_000
    print(f"    a streamed event {seconds * 1e6:>9.2f} microseconds, of which what an estimate needs is a part")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
