"""The simulator with a script before it, and a journal of all that it was asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import msgspec

from ingate.simulator.cassettes.replay import ReplayedAnswer
from ingate.simulator.fingerprint import get_fingerprint
from ingate.simulator.incoming import AcceptedRequest, SimulatorRequest
from ingate.simulator.json_value import JsonObject, is_object
from ingate.simulator.refusal import Refusal
from ingate.simulator.scripting.administration import AdminAnswer, Administration
from ingate.simulator.scripting.error_reader import make_error
from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.request_journal import JournalEntry, RequestJournal
from ingate.simulator.scripting.responses import GENERATE, ForwardTo, Response
from ingate.simulator.scripting.rule_counters import NearMiss, RuleCounters, decide_rule
from ingate.simulator.scripting.script import NoRuleError, Script
from ingate.simulator.scripting.script_file import ScriptFile
from ingate.simulator.scripting.scripted_answer import Asked, ScriptedAnswers, make_replayed_answer, note_answer
from ingate.simulator.scripting.session_scripts import SessionScripts
from ingate.simulator.simulator import (
    COUNT_TOKENS_PATH,
    MESSAGES_PATH,
    SimulatedAnswer,
    Simulator,
    parse_betas,
)

SESSION_HEADER = b"x-ingate-session"
LONGEST_SESSION = 200
"""Characters of a session's name; longer ones are cut."""
MOST_SESSIONS = 1_000
"""Of which counts are kept. The one that was quiet for longest begins anew when it comes back."""
MOST_TOLD = 10
"""Near misses in the message of an error."""

_VALIDATED = frozenset({MESSAGES_PATH, COUNT_TOKENS_PATH})


class ScriptedSimulator:
    """`clock` is monotonic, `wall_clock` counts from 1970, both in seconds. `seed` is for chances in scripts that set
    none. `on_reset` is told of a session whose counts are reset, or of all sessions by an empty name.
    """

    def __init__(
        self,
        simulator: Simulator,
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        seed: int,
        on_reset: Callable[[str], None] | None = None,
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._wall_clock = wall_clock
        self._seed = seed
        self._on_reset = on_reset
        self._answers = ScriptedAnswers(simulator, clock=clock)
        self._counters: OrderedDict[str, RuleCounters] = OrderedDict()
        self.scripts = SessionScripts()
        self.journal = RequestJournal()
        self._administration = Administration(self)

    def use_script(self, text: str, source_name: str, *, session: str = "") -> None:
        """Raises ScriptError, and then keeps the script before. The empty session stands for all without one."""
        self.scripts.put(session, text, source_name)

    def use_file(self, file: ScriptFile) -> None:
        """What the file holds, now and after each `reload`, is the script of all sessions without one."""
        self.scripts.file = file

    def reload(self, now: float) -> None:
        """Looks whether the file has changed. Call it from time to time; `now` is monotonic."""
        if self.scripts.file is not None:
            self.scripts.file.poll(now)

    def administer(self, method: bytes, path: bytes, query: bytes, body: bytes) -> AdminAnswer:
        """`path` is what follows the reserved prefix."""
        return self._administration.administer(method, path, query, body)

    def reset(self, session: str) -> None:
        """Counts and journal of a session, or of all."""
        self.journal.delete(session)
        if session:
            self._counters.pop(session, None)
        else:
            self._counters.clear()
        if self._on_reset is not None:
            self._on_reset(session)

    def get_counters(self, session: str) -> RuleCounters:
        """Under the script that the session has now; under another, counting begins anew."""
        script = self.scripts.get(session)
        counters = self._counters.get(session)
        if counters is None or counters.script is not script:
            counters = self._counters[session] = RuleCounters(script)
        self._counters.move_to_end(session)
        if len(self._counters) > MOST_SESSIONS:
            self._counters.popitem(last=False)
        return counters

    def answer(self, request: SimulatorRequest) -> SimulatedAnswer:
        session = get_session(request)
        request = place_in_session(request, session)
        entry = self.journal.add(request, session=session, arrived=self._clock(), time=self._wall_clock())
        counters = self.get_counters(session)
        try:
            return self._answer(request, entry, counters)
        except RecursionError:
            # The conditions and the answers descend as deep as the body does; the simulator says so.
            return self._leave(request, entry)

    def _answer(self, request: SimulatorRequest, entry: JournalEntry, counters: RuleCounters) -> SimulatedAnswer:
        script = counters.script
        if is_empty(script):
            return self._leave(request, entry)
        asked = self._ask(request, entry, script)
        if asked is None:
            return self._leave(request, entry)
        if not asked.is_valid and script.validates and asked.accepted.request.path in _VALIDATED:
            # What a real model has answered is no mistake of the client's, whatever the simulator thinks of it.
            return self._replay(asked, counters) or self._leave(request, entry)
        seed = self._seed if script.seed is None else script.seed
        decision = decide_rule(counters, asked.facts, seed=seed)
        entry.near_misses = decision.near_misses
        if decision.rule is not None and decision.response is not None:
            entry.rule, entry.answered_by = decision.rule.name, "script"
            return self._answers.answer(asked, decision.response)
        return self._replay(asked, counters) or self._answer_unmatched(asked, script)

    def _ask(self, request: SimulatorRequest, entry: JournalEntry, script: Script) -> Asked | None:
        """The request as rules and recordings see it, or None if it is refused before any."""
        is_validated = request.path in _VALIDATED
        accepted = self._simulator.accept(request) if is_validated else None
        is_valid = isinstance(accepted, AcceptedRequest)
        if isinstance(accepted, Refusal) and script.validates and not script.replays:
            return None
        if not isinstance(accepted, AcceptedRequest):
            accepted = AcceptedRequest(
                request=request,
                body=parse_leniently(request.body),
                version=(request.get_header(b"anthropic-version") or b"").decode("latin-1"),
                betas=parse_betas(request.headers),
                fingerprint=get_fingerprint(seed=self._seed, path=request.path, body=request.body),
            )
        facts = RequestFacts(request, body=accepted.body, betas=accepted.betas, session=entry.session)
        return Asked(accepted=accepted, is_valid=is_valid, facts=facts, entry=entry)

    def _replay(self, asked: Asked, counters: RuleCounters) -> SimulatedAnswer | None:
        request, body = asked.accepted.request, asked.accepted.body
        for replay in counters.script.replays:
            key = f"{replay.path}\n{replay.cassettes.get_key(request, body)}"
            found = replay.cassettes.find(request, body, session_position=counters.replayed[key])
            if isinstance(found, ReplayedAnswer):
                counters.replayed[key] += 1
                asked.entry.rule, asked.entry.answered_by = found.cassette, "replay"
                answer = make_replayed_answer(found)
                self._note(asked.entry, answer)
                return answer
            miss = NearMiss(rule=f"replay {replay.path.name}", failed=found.differences)
            asked.entry.near_misses = (*asked.entry.near_misses, miss)
        return None

    def _answer_unmatched(self, asked: Asked, script: Script) -> SimulatedAnswer:
        """Only messages need a rule; what else there is, the simulator answers, or the upstream in its place."""
        unmatched = script.unmatched
        is_forwarded = isinstance(unmatched, Response) and isinstance(unmatched.plan, ForwardTo)
        if asked.accepted.request.path != MESSAGES_PATH and not is_forwarded:
            return self._leave(asked.accepted.request, asked.entry)
        if unmatched is GENERATE:
            answer = self._answers.generate(asked)
            asked.entry.answered_by = "refusal" if answer.status >= 400 else "generated"
            self._note(asked.entry, answer)
            return answer
        asked.entry.answered_by = "script"
        if isinstance(unmatched, NoRuleError):
            error = make_error(400, message=describe_misses(asked.entry, script))
            unmatched = Response(plan=error)
        return self._answers.answer(asked, unmatched)

    def _leave(self, request: SimulatorRequest, entry: JournalEntry) -> SimulatedAnswer:
        """To the simulator, which answers or refuses."""
        answer = self._simulator.answer(request)
        entry.answered_by = "refusal" if answer.status >= 400 else "generated"
        self._note(entry, answer)
        return answer

    def _note(self, entry: JournalEntry, answer: SimulatedAnswer) -> None:
        note_answer(entry, answer)
        if answer.status >= 400:
            entry.answered = self._clock()


def is_empty(script: Script) -> bool:
    return not script.rules and not script.replays and script.unmatched is GENERATE


def get_session(request: SimulatorRequest) -> str:
    return (request.get_header(SESSION_HEADER) or b"")[:LONGEST_SESSION].decode("latin-1")


def place_in_session(request: SimulatorRequest, session: str) -> SimulatorRequest:
    """Takes the header away: what is answered, journalled and forwarded does not depend on it."""
    if not session:
        return request
    headers = [header for header in request.headers if header[0].lower() != SESSION_HEADER]
    return replace(request, headers=headers, served_as=replace(request.served_as, session=session))


def parse_leniently(body: bytes) -> JsonObject:
    try:
        decoded: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return decoded if is_object(decoded) else {}


def describe_misses(entry: JournalEntry, script: Script) -> str:
    misses = [f"{miss.rule} ({'; '.join(miss.failed)})" for miss in entry.near_misses[:MOST_TOLD]]
    more = len(entry.near_misses) - len(misses)
    told = ", ".join(misses) or "it has none"
    return f"No rule of {script.source_name} answers this request: {told}{f' and {more} more' if more else ''}"
