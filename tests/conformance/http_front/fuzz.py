"""The fuzz target of the HTTP front: `python -m tests.conformance.http_front.fuzz --minutes 10 [--seed N]`.

Streams of sound and spoiled requests go to a running gateway in front of a recording upstream, cut and timed at
random. Nothing may hang, crash, answer 5xx, answer one request with another's answer, or reach the upstream that the
client did not frame (fuzz_oracle.py). A failure names the seed and the number that repeat it (`--only`).
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.support.front import Deadlines, Front, running_front
from tests.support.messages_requests import messages_request
from tests.support.raw_client import NoAnswer, RawClient, exchange
from tests.support.strict_http import Incomplete, Malformed, Reading, Request, Response, parse_requests

from .fuzz_oracle import Wrong, check_answers, check_upstream, parse_any_response
from .mutations import draw_segments, draw_stream

DEADLINES = Deadlines(head=2.0, body=2.0, idle=30.0)
PATIENCE = 6.0
"""A connection on which nothing is done for so long, with the deadlines above, hangs."""
STEADY = b"steady-"


@dataclass(slots=True)
class Tally:
    streams: int = 0
    requests: int = 0
    malformed: int = 0
    statuses: Counter[int] = field(default_factory=lambda: Counter[int]())
    failures: list[str] = field(default_factory=lambda: list[str]())

    def __str__(self) -> str:
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.streams} streams, {self.malformed} of them malformed, {self.requests} framed requests; "
            f"answers: {statuses}; failures: {len(self.failures)}"
        )


class SteadyClient(threading.Thread):
    """Somebody else's connection, who must not notice anything."""

    def __init__(self, front: Front) -> None:
        super().__init__(daemon=True)
        self._front = front
        self.stopping = threading.Event()
        self.failure = ""
        self.answers = 0

    def run(self) -> None:
        with RawClient(self._front.address) as client:
            while not self.stopping.wait(0.05) and not self.failure:
                marker = STEADY + b"%d" % self.answers
                try:
                    client.send(messages_request(marker))
                    response = client.read_response(seconds=PATIENCE)
                except (NoAnswer, Malformed, TimeoutError) as problem:
                    self.failure = f"the steady client got no answer: {problem}"
                    return
                if response.status != 200 or marker not in response.body:
                    self.failure = (
                        f"the steady client got another's answer: {response.status} {response.body[:200]!r}"
                    )
                self.answers += 1


class Fuzzer:
    def __init__(self, front: Front, seed: int) -> None:
        self._front = front
        self._seed = seed
        self.tally = Tally()

    def run_one(self, number: int) -> None:
        dice = random.Random(f"{self._seed}-{number}")  # noqa: S311 - repeatable, not secret
        stream = draw_stream(dice, number)
        reading = parse_requests(stream)
        canary = b"canary-%d" % number
        with_canary = _is_clean(reading)
        if with_canary:
            stream += messages_request(canary)
            reading = parse_requests(stream)
        self.tally.streams += 1
        self.tally.requests += len(reading.requests)
        self.tally.malformed += reading.malformed is not None
        try:
            self._send_and_check(dice, stream, reading, canary if with_canary else None)
            self._check_health(number)
        except (Wrong, NoAnswer, Malformed, TimeoutError, OSError) as problem:
            self.tally.failures.append(
                f"--seed {self._seed} --only {number}: {type(problem).__name__}: {problem}\n  sent {stream!r}"
            )

    def _send_and_check(self, dice: random.Random, stream: bytes, reading: Reading, canary: bytes | None) -> None:
        already = len(self._front.upstream.recorded)
        with RawClient(self._front.address) as client:
            for segment in draw_segments(dice, stream, dice.choice((0, 1, 5, 30))):
                if not client.send(segment, seconds=PATIENCE):
                    break
                if dice.random() < 0.2:
                    client.wait_readable(dice.choice((0.0, 0.001, 0.01)))
            answers = _read_answers(client, reading)
            check_answers(reading, answers, bytes(client.received), ended=client.fate is not None)
            self.tally.statuses.update(answer.status for answer in answers)
            closing = any(b"close" in b"".join(answer.values(b"connection")).lower() for answer in answers)
            if not closing and len(answers) < len(reading.requests):
                raise Wrong(f"{len(answers)} answers for {len(reading.requests)} requests; {client.fate or 'open'}")
            if canary and not closing and canary not in answers[-1].body:
                raise Wrong(f"the canary got another's answer: {answers[-1].body[:200]!r}")
        check_upstream(reading, self._arrived(already))

    def _arrived(self, already: int) -> list[Request]:
        arrived = [entry.request for entry in self._front.upstream.recorded[already:]]
        return [r for r in arrived if not any(marker.startswith(STEADY) for marker in r.values(b"x-marker"))]

    def _check_health(self, number: int) -> None:
        front = self._front
        if front.upstream.violations:
            violations = list(front.upstream.violations)
            front.upstream.violations.clear()
            raise Wrong(f"the upstream was sent what is not HTTP: {violations[:3]}")
        if not front.is_alive:
            raise Wrong("the worker is gone")
        if number % 20 == 0:
            marker = b"fresh-%d" % number
            response = exchange(front.address, messages_request(marker), seconds=PATIENCE)
            if response.status != 200 or marker not in response.body:
                raise Wrong(f"a fresh connection got another's answer: {response.body[:200]!r}")
        if number % 500 == 0:
            # What was recorded has been checked; a long run must not remember it all.
            front.upstream.forget()
            _check_log(front)


def _is_clean(reading: Reading) -> bool:
    """Another request can follow on the same connection."""
    last = reading.requests[-1] if reading.requests else None
    return reading.malformed is None and not reading.rest and (last is None or last.keeps_alive)


def _check_log(front: Front) -> None:
    log = front.read_log()
    if "Traceback" in log:
        raise Wrong(f"the worker logged an exception:\n{log[-3000:]}")


def _read_answers(client: RawClient, reading: Reading) -> list[Response]:
    """All answers that are due: one a request, and then, when the rest is malformed, until the connection ends."""
    deadline = time.monotonic() + PATIENCE
    answers: list[Response] = []
    while True:
        count = len(answers)
        method = reading.requests[count].method if count < len(reading.requests) else b"GET"
        try:
            response, rest = parse_any_response(bytes(client.received), method, ended=client.fate is not None)
        except Incomplete:
            if client.fate is not None:
                return answers + _read_bodiless(client, reading, count)
            if count >= len(reading.requests) and reading.malformed is None:
                return answers
            if not client.wait_readable(deadline - time.monotonic()):
                raise Wrong(f"hangs after {count} of {len(reading.requests)} answers") from None
            continue
        client.received[:] = rest
        if response.status < 200:
            continue
        answers.append(response)


def _read_bodiless(client: RawClient, reading: Reading, count: int) -> list[Response]:
    """A malformed HEAD is answered with a body or without, depending on how much of it could be read."""
    if count < len(reading.requests) or not reading.rest.startswith(b"HEAD ") or not client.received:
        return []
    try:
        response, rest = parse_any_response(bytes(client.received), b"HEAD", ended=True)
    except Incomplete:
        return []
    client.received[:] = rest
    return [response]


def run(*, seconds: float, seed: int, only: int | None = None, verbose: bool = False) -> Tally:
    with running_front(deadlines=DEADLINES) as front:
        fuzzer = Fuzzer(front, seed)
        if only is not None:
            fuzzer.run_one(only)
            return fuzzer.tally
        steady = SteadyClient(front)
        steady.start()
        started = reported = time.monotonic()
        number = 0
        while time.monotonic() - started < seconds and len(fuzzer.tally.failures) < 50:
            number += 1
            fuzzer.run_one(number)
            if verbose and time.monotonic() - reported > 10:
                reported = time.monotonic()
                print(f"{reported - started:5.0f} s  {fuzzer.tally}", flush=True)  # noqa: T201
        steady.stopping.set()
        steady.join(PATIENCE)
        if steady.failure:
            fuzzer.tally.failures.append(steady.failure)
        if "Traceback" in front.read_log():
            fuzzer.tally.failures.append(f"the worker logged an exception:\n{front.read_log()[-3000:]}")
        return fuzzer.tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="default: the time")
    parser.add_argument("--only", type=int, default=None, help="repeat this one stream")
    options = parser.parse_args()
    seed: int = int(time.time()) if options.seed is None else options.seed
    tally = run(seconds=options.minutes * 60, seed=seed, only=options.only, verbose=True)
    for failure in tally.failures:
        print(failure)  # noqa: T201
    print(f"seed {seed}: {tally}")  # noqa: T201
    raise SystemExit(1 if tally.failures else 0)


if __name__ == "__main__":
    main()
