"""What runaway log queries do to the gateway: latencies of a steady load, alone and beside them.

python -m bench.query_beside_load [--rounds 4] [--seconds 10] [--rate 200]

`ingate up` serves small messages from the simulator, at a rate that does not depend on how fast it answers. In turns,
nothing else happens, or two queries that would take hours (a join of everything with everything, and a regular
expression over millions of long rows) run until they are killed at their cap. No process is pinned to a core: they
compete as they would on a small machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection

from bench.exchange import NotReadyError, wait_until_listening
from bench.ingate_management import ENVIRONMENT, IngateManagement, render_command
from bench.ingate_management import connect as connect_management
from bench.processes import PinnedProcess, command_line, descendants, free_port
from bench.surroundings import open_workspace

RUNAWAYS = {
    "cross join": "range x from 1 to 10000000 step 1 | extend k = x % 10 "
    "| join kind=inner (range y from 1 to 10000000 step 1 | extend k = y % 10) on k | summarize max(x * y)",
    "regular expression": "range x from 1 to 10000000 step 1 | extend s = strrep(tostring(x), 2000) "
    "| where s matches regex @'(\\d*1)+(\\d*2)+(\\d*3)+[a-z]' | count",
}
CONNECTIONS = 16
WORKSPACE = "Microsoft.OperationalInsights/workspaces/example-workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a query ended."""

    name: str
    status: int
    late_seconds: float
    """After its cap."""


class Load:
    """Sends at fixed times. A request that finds no free connection waits, and the wait is part of its latency."""

    def __init__(self, port: int, api_key: str) -> None:
        body = json.dumps(
            {"model": "claude-haiku-4-5", "max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]}
        )
        self._request = (
            "POST /anthropic/v1/messages HTTP/1.1\r\nhost: localhost\r\nanthropic-version: 2023-06-01\r\n"
            f"content-type: application/json\r\nx-api-key: {api_key}\r\ncontent-length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self._port = port
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def open(self) -> None:
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))

    async def run(self, seconds: float, rate: float) -> list[float]:
        """Milliseconds of each, from the time at which it was to be sent."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        latencies: list[float] = []
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * rate)):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - loop.time()))
                group.create_task(self._ask(due, latencies))
        return latencies

    async def _ask(self, due: float, latencies: list[float]) -> None:
        reader, writer = await self._free.get()
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200 "):
            raise NotReadyError(head.decode(errors="replace"))
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        latencies.append((asyncio.get_running_loop().time() - due) * 1000)
        self._free.put_nowait((reader, writer))


class RunawayQueries:
    def __init__(self, management: IngateManagement) -> None:
        self._management = management
        workspace = management.ask("GET", f"{management.providers}/{WORKSPACE}")
        self._path = f"/v1/workspaces/{workspace['properties']['customerId']}/query"

    def run(self, name: str, cap: int) -> Ended:
        connection = HTTPConnection("127.0.0.1", self._management.port, timeout=cap + 30)
        headers = {
            "authorization": f"Bearer {self._management.token}",
            "content-type": "application/json",
            "prefer": f"wait={cap}",
        }
        began = time.monotonic()
        connection.request("POST", self._path, json.dumps({"query": RUNAWAYS[name]}), headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return Ended(name=name, status=answer.status, late_seconds=time.monotonic() - began - cap)


async def measure(load: Load, queries: RunawayQueries, options: argparse.Namespace, pid: int) -> int:
    await load.open()
    await load.run(2, options.rate)
    alone: list[float] = []
    beside: list[float] = []
    ended: list[Ended] = []
    ratios: list[float] = []
    for round_ in range(1, options.rounds + 1):
        quiet = await load.run(options.seconds, options.rate)
        started = [asyncio.to_thread(queries.run, name, options.seconds) for name in RUNAWAYS]
        running = asyncio.gather(*started)
        await asyncio.sleep(0)  # so that the queries are on their way
        busy = await load.run(options.seconds, options.rate)
        ends = await running
        left = [child for child in descendants(pid) if "query_process" in command_line(child)]
        if left or any(end.status == 200 or end.late_seconds < 0 for end in ends):
            print(f"a runaway query was not killed: {ends}, still there: {left}", file=sys.stderr)
            return 1
        alone, beside, ended = alone + quiet, beside + busy, ended + list(ends)
        ratios.append(find_percentile(busy, 99) / find_percentile(quiet, 99))
        print(f"round {round_}: alone {render(quiet)}; beside {render(busy)}", flush=True)
    print(f"\nalone   {render(alone)}, {len(alone):,} requests at {options.rate:.0f}/s")
    print(f"beside  {render(beside)}, two queries running")
    print(f"ratio of p50 {find_percentile(beside, 50) / find_percentile(alone, 50):.2f}, "
          f"of p99 {find_percentile(beside, 99) / find_percentile(alone, 99):.2f} "
          f"(median of rounds {statistics.median(ratios):.2f})")  # fmt: skip
    late = [end.late_seconds * 1000 for end in ended]
    print(f"{len(ended)} queries killed; from the cap to the answer p50 {statistics.median(late):.0f} ms, "
          f"worst {max(late):.0f} ms; no query process was left")  # fmt: skip
    return 0


def find_percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def render(latencies: Sequence[float]) -> str:
    return f"p50 {find_percentile(latencies, 50):.2f} ms, p99 {find_percentile(latencies, 99):.2f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.query_beside_load")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=10, help="of each half of a round, and the queries' cap")
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    options = parser.parse_args()
    with open_workspace() as workspace:
        port, management_port = free_port(), free_port()
        data_directory = workspace / "ingate-data"
        process = PinnedProcess(
            render_command(port, management_port, data_directory),
            core=None,
            log=workspace / "ingate.log",
            environment=ENVIRONMENT,
        )
        try:
            management = connect_management(management_port, data_directory, process)
            wait_until_listening(port, seconds=10)
            load = Load(port, management.get_key())
            return asyncio.run(measure(load, RunawayQueries(management), options, process.pid))
        finally:
            process.stop()


if __name__ == "__main__":
    sys.exit(main())
