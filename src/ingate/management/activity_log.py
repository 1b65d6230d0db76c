"""The audit trail in two forms: Azure's activity log of a subscription or of the tenant, and all of it as it is kept.

https://learn.microsoft.com/rest/api/monitor/activity-logs/list
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.audit import AuditEvent
from ingate.domain.naming import fold_name
from ingate.domain.subscription import Subscription
from ingate.wire.arm.envelopes import render_page
from ingate.wire.arm.ids import render_subscription_id
from ingate.wire.arm.times import parse_time

from .activity_documents import get_provider, get_resource_group, render_activity, render_audit_event
from .control_plane import Answer, ControlPlane, Outcome, mount
from .odata_terms import Term, parse_terms
from .paging import get_query, parse_top
from .refusals import FilterInvalid, QueryParameterInvalid
from .scopes import SUBSCRIPTION_PATH, find_subscription

ACTIVITY_PATH = "/providers/Microsoft.Insights/eventtypes/management/values"
EVENTS_PATH = "/providers/Ingate.Audit/events"
LARGEST_PAGE = 1000
LONGEST_SPAN = timedelta(days=90)
USUAL_SPAN = timedelta(days=7)
FOREVER = timedelta(days=36500)

_KNOWN = (
    "eventTimestamp ge and le",
    "resourceGroupName eq",
    "resourceId eq",
    "resourceUri eq",
    "resourceProvider eq",
    "correlationId eq",
    "caller eq",
    "status eq",
    "eventChannels eq",
)
_EQUALS = frozenset(
    {
        "resourcegroupname",
        "resourceid",
        "resourceuri",
        "resourceprovider",
        "correlationid",
        "caller",
        "status",
        "eventchannels",
        "levels",
    }
)


def activity_log_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, SUBSCRIPTION_PATH + ACTIVITY_PATH, {"GET": list_subscription_activities}),
        mount(plane, ACTIVITY_PATH, {"GET": list_tenant_activities}),
        mount(plane, EVENTS_PATH, {"GET": list_events}),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    since: datetime
    until: datetime
    """Exclusive."""
    terms: tuple[Term, ...] = ()
    """Comparisons with eq."""


async def list_subscription_activities(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    return await _list_activities(plane, request, render_subscription_id(subscription.subscription_id))


async def list_tenant_activities(plane: ControlPlane, request: Request) -> Outcome:
    """What was done outside of subscriptions: to principals, and to roles at the root."""
    return await _list_activities(plane, request, "")


async def _list_activities(plane: ControlPlane, request: Request, prefix: str) -> Outcome:
    question = _parse_question(request, plane.clock())
    if not isinstance(question, _Question):
        return question
    async with plane.state.reading() as session:
        tenants = await session.tenants.list_tenants()
    tenant_id = tenants[0].tenant_id if tenants else ""
    page = await _read_page(plane, request, question, prefix)
    if not isinstance(page, _Page):
        return page
    events = [event for event in page.events if prefix or not event.target_id.startswith("/subscriptions/")]
    items = [render_activity(event, tenant_id) for event in events]
    select = get_query(request, "$select")
    if select:
        names = {name.strip() for name in select.split(",")}
        items = [{name: value for name, value in item.items() if name in names} for item in items]
    return Answer(document=render_page(items, page.next_link))


def _parse_question(request: Request, now: datetime) -> _Question | FilterInvalid | QueryParameterInvalid:
    terms = parse_terms(get_query(request, "$filter"))
    if terms is None:
        return FilterInvalid(known=_KNOWN)
    since, until = now - USUAL_SPAN, now + timedelta(minutes=1)
    for term in terms:
        if term.member == "eventtimestamp" and term.operator != "eq":
            moment = parse_time(term.value)
            if moment is None:
                return QueryParameterInvalid(name="$filter", reason="eventTimestamp must be a time, in ISO 8601")
            if term.operator in {"ge", "gt"}:
                since = moment
            else:
                until = moment + timedelta(microseconds=1)
        elif term.operator != "eq" or term.member not in _EQUALS:
            return FilterInvalid(known=_KNOWN)
    if until - since > LONGEST_SPAN + timedelta(minutes=2):
        return QueryParameterInvalid(name="$filter", reason=f"it must not span more than {LONGEST_SPAN.days} days")
    equals = tuple(term for term in terms if term.operator == "eq")
    return _Question(since=since, until=until, terms=equals)


def _fits(event: AuditEvent, terms: Sequence[Term]) -> bool:
    return all(_fits_term(event, term) for term in terms)


def _fits_term(event: AuditEvent, term: Term) -> bool:
    wanted = fold_name(term.value)
    match term.member:
        case "resourcegroupname":
            return fold_name(get_resource_group(event.target_id)) == wanted
        case "resourceid" | "resourceuri":
            return fold_name(event.target_id) == wanted.rstrip("/")
        case "resourceprovider":
            return fold_name(get_provider(event.action)) == wanted
        case "correlationid":
            return fold_name(event.correlation_id) == wanted
        case "caller":
            return wanted in {fold_name(event.actor_name), fold_name(event.actor_id)}
        case "status":
            return wanted == ("succeeded" if event.result == "succeeded" else "failed")
        case _:
            return True


async def list_events(plane: ControlPlane, request: Request) -> Outcome:
    """The newest first. `since` and `until` are times, `target` is an id that all targets are or begin with."""
    now = plane.clock()
    since = parse_time(get_query(request, "since") or (now - FOREVER).isoformat())
    until = parse_time(get_query(request, "until") or (now + timedelta(minutes=1)).isoformat())
    if since is None or until is None:
        return QueryParameterInvalid(name="until" if since else "since", reason="it must be a time, in ISO 8601")
    question = _Question(since=since, until=until)
    page = await _read_page(plane, request, question, get_query(request, "target") or "")
    if not isinstance(page, _Page):
        return page
    return Answer(document=render_page([render_audit_event(event) for event in page.events], page.next_link))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    events: list[AuditEvent]
    next_link: str | None


async def _read_page(
    plane: ControlPlane, request: Request, question: _Question, prefix: str
) -> _Page | QueryParameterInvalid:
    """A page goes on before the time that the one before ended with, after those of that time that it had."""
    start = _parse_start(get_query(request, "$skiptoken"), question.until)
    size = parse_top(request, largest=LARGEST_PAGE)
    if isinstance(start, QueryParameterInvalid):
        return start
    if isinstance(size, QueryParameterInvalid):
        return size
    until, skipped = start
    async with plane.state.reading() as session:
        read = await session.audit.list_events(
            since=question.since, until=until, target_prefix=prefix, limit=size + skipped + 1
        )
    shown = read[skipped : skipped + size]
    next_link = None
    if len(read) > skipped + size:
        last = shown[-1].time
        same = sum(event.time == last for event in read[: skipped + size])
        next_link = _render_next_link(request, last + timedelta(microseconds=1), same)
    return _Page(events=[event for event in shown if _fits(event, question.terms)], next_link=next_link)


def _parse_start(given: str | None, until: datetime) -> tuple[datetime, int] | QueryParameterInvalid:
    if given is None:
        return until, 0
    text, _, count = given.partition("~")
    moment = parse_time(text)
    if moment is None or not (count.isascii() and count.isdigit() and len(count) < 7):
        return QueryParameterInvalid(name="$skiptoken", reason="it must be one that a nextLink contains")
    return min(moment, until), int(count)


def _render_next_link(request: Request, until: datetime, skipped: int) -> str:
    moment = until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(request.url.include_query_params(**{"$skiptoken": f"{moment}~{skipped}"}))
