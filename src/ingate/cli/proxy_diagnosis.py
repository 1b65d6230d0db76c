"""Why a program does not come along to Ingate, as far as the proxy saw it."""

from __future__ import annotations

from collections.abc import Iterable

from .diagnosis import Finding, problem
from .proxy_report import Happening, LastRun, ProxyReport
from .running import RunningIngate

CHECK = "transparent mode"
RECENT_SECONDS = 3600.0
"""What is longer ago is nobody's question any more."""

_ENDED_BY_SIGNAL = frozenset({128 + 1, 128 + 2, 128 + 3, 128 + 13, 128 + 15})
"""SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM: somebody ended it, which says nothing of its calls."""

_NO_PROXY_FIX = (
    "let it read HTTPS_PROXY, or lead Azure's host names here with `ingate up --tls` and `ingate env --hosts`, "
    "or give it Ingate's own address"
)
_NO_TRUST_FIX = (
    "name the authority's certificate to it (`ingate trust` says which variable each kind of program reads, and "
    "--install puts it into the system's); one that takes only certificates that it knows needs Ingate's own address"
)


def explain_run(run: LastRun) -> Finding | None:
    """What kept a program that failed from Ingate; None when nothing did, or it did not fail."""
    if run.exit_code == 0 or run.exit_code in _ENDED_BY_SIGNAL:
        return None
    report = run.report
    if report.arrivals == 0:
        away = "calls of Azure's host names, if it made any, did not come to Ingate."
        message = f"{run.program} never used the proxy: {away}"
        return problem(CHECK, message, _NO_PROXY_FIX)
    return next(iter(_explain_distrust(run.program, report)), None)


def diagnose_last_run(run: LastRun | None, now: float) -> list[Finding]:
    if run is None or now - run.ended_at > RECENT_SECONDS:
        return []
    finding = explain_run(run)
    if finding is None:
        return []
    message = f"the last `ingate run` ended with {run.exit_code}: {finding.message}"
    return [problem(CHECK, message, finding.fix)]


def diagnose_own_proxy(report: ProxyReport | None, running: RunningIngate, now: float) -> list[Finding]:
    """Of the proxy, or the TLS port, that a running Ingate keeps."""
    if report is None or not (running.proxy_url or running.azure_names_port):
        return []
    if report.arrivals == 0:
        how = 'in the program\'s shell: eval "$(ingate env)"' if running.proxy_url else "see `ingate env --hosts`"
        message = f"no program has come along since this Ingate was started, {_say_ago(now - report.since)} ago."
        return [Finding(check=CHECK, level="note", message=message, fix=how)]
    return _explain_distrust("a program", report, since=now - RECENT_SECONDS)


def _explain_distrust(who: str, report: ProxyReport, *, since: float = 0.0) -> list[Finding]:
    """A host that served somebody later on is a note: it may have been mended."""
    findings: list[Finding] = []
    for happening in _without_old(report.broken_off, since):
        message = f"{who} broke off TLS with {happening.host} ({happening.reason}): it does not trust the authority."
        findings.append(_judge(message, _find_later(report.served, happening)))
    unheard = {happening.host: happening.count for happening in report.left_unheard}
    for happening in _without_old(report.left_unheard, since):
        served = sum(other.count for other in report.served if other.host == happening.host)
        if served <= unheard[happening.host]:
            message = (
                f"{who} closed its connection to {happening.host} right after TLS, as Node and others do that do not "
                "trust the authority."
            )
            findings.append(_judge(message, None))
    return sorted(findings, key=lambda finding: finding.level != "problem")


def _judge(message: str, later: Happening | None) -> Finding:
    if later is None:
        return problem(CHECK, message, _NO_TRUST_FIX)
    return Finding(check=CHECK, level="note", message=f"{message} Later on, {later.host} was used without that.")


def _find_later(served: Iterable[Happening], happening: Happening) -> Happening | None:
    return next((s for s in served if s.host == happening.host and s.last_at > happening.last_at), None)


def _without_old(happenings: Iterable[Happening], since: float) -> list[Happening]:
    return [happening for happening in happenings if happening.last_at >= since]


def _say_ago(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 120 else f"{round(seconds / 60)} minutes"
