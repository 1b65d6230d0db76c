"""From a request to a reply: what is written, in which order, and why it ends.

A summary of what was compacted; thinking; what servers' tools did; then calls of the client's tools, or text. All
of it is drafted first and then cut where the request's limits say.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.accounting.input_account import InputAccount, render_iterations
from ingate.simulator.accounting.prompt_cache import InputUsage
from ingate.simulator.citing import cite_sources, quote_sources
from ingate.simulator.composition import compose_text, describe_activity, introduce_call
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.hosted_tools.activity import ServerActivity, decide_server_activity
from ingate.simulator.json_value import JsonObject
from ingate.simulator.magic_strings import asks_for_refusal
from ingate.simulator.media import describe_media
from ingate.simulator.reply import Reply, Usage
from ingate.simulator.request import MessagesRequest
from ingate.simulator.stopping import Draft, StoppedContent, stop_content
from ingate.simulator.structured_output import compose_document, find_schema
from ingate.simulator.thinking import think
from ingate.simulator.tool_call import call_from_code, decide_tool_calls, is_named

REFUSAL_TOKENS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An answer before its limits: all its blocks, and why it ends if no limit is met."""

    drafts: tuple[Draft, ...]
    stop_reason: str
    activity: ServerActivity = ServerActivity()


def decide_reply(request: MessagesRequest, *, account: InputAccount, fingerprint: Fingerprint) -> Reply:
    """The generated answer. `account` says what the request's input costs, and what became of a long conversation."""
    if asks_for_refusal(request.body):
        return refuse_to_answer(request, account, fingerprint)
    plan = Plan(drafts=(), stop_reason="compaction") if account.pauses else plan_reply(request, fingerprint)
    room = count_room(request, account.usage, plan.activity)
    stopped = stop_content(
        plan.drafts, max_tokens=min(request.max_tokens, room), stop_sequences=request.stop_sequences
    )
    return Reply(
        message_id=fingerprint.message_id,
        response_model=request.upstream_model,
        content=(*render_compaction(account), *stopped.content),
        stop_reason=get_stop_reason(plan, stopped, ran_out_of_room=room < request.max_tokens),
        stop_sequence=stopped.stop_sequence,
        usage=account_for(account, stopped, plan.activity),
        container=plan.activity.container,
        context_management=account.context_management,
    )


def account_for(account: InputAccount, stopped: StoppedContent, activity: ServerActivity) -> Usage:
    """What servers' tools brought in is input that no cache had to do with."""
    return Usage(
        input_tokens=account.usage.uncached + activity.input_tokens,
        output_tokens=stopped.output_tokens,
        cache_creation_5m=account.usage.cache_creation_5m,
        cache_creation_1h=account.usage.cache_creation_1h,
        cache_read=account.usage.cache_read,
        thinking_tokens=stopped.thinking_tokens,
        web_search_requests=activity.web_search_requests,
        web_fetch_requests=activity.web_fetch_requests,
        iterations=render_iterations(account, output_tokens=stopped.output_tokens),
    )


def plan_reply(request: MessagesRequest, fingerprint: Fingerprint) -> Plan:
    activity = decide_server_activity(request, fingerprint=fingerprint) or ServerActivity()
    drafts: list[Draft] = [thought for thought in [think(request, fingerprint)] if thought]
    drafts.extend(activity.blocks)
    if activity.caller is not None:
        called = call_from_code(request, fingerprint, activity.found_tools, activity.caller)
        return Plan(drafts=(*drafts, *called), stop_reason="tool_use", activity=activity)
    if activity.pauses:
        return Plan(drafts=tuple(drafts), stop_reason="pause_turn", activity=activity)
    if activity.blocks and (afterthought := think(request, fingerprint, after_servers_tools=True)):
        drafts.append(afterthought)
    calls = decide_tool_calls(request, fingerprint, found_tools=activity.found_tools)
    if calls:
        if request.tool_choice == "auto" and is_named(calls[0], request):
            drafts.append({"type": "text", "text": introduce_call(calls)})
        return Plan(drafts=(*drafts, *calls), stop_reason="tool_use", activity=activity)
    text = write_text(request, activity, fingerprint)
    return Plan(drafts=(*drafts, *text), stop_reason="end_turn", activity=activity)


def write_text(
    request: MessagesRequest, activity: ServerActivity, fingerprint: Fingerprint
) -> tuple[JsonObject, ...]:
    schema = find_schema(request.body)
    if schema is not None:
        return ({"type": "text", "text": compose_document(schema, request)},)
    findings = (describe_activity(activity.blocks), describe_media(request))
    text = compose_text(request, fingerprint, findings=findings) + quote_sources(request, activity.blocks)
    return cite_sources(text, request, activity.blocks)


def refuse_to_answer(request: MessagesRequest, account: InputAccount, fingerprint: Fingerprint) -> Reply:
    """A refusal as Claude's classifiers give it: status 200, and nothing written."""
    nothing = StoppedContent(
        content=(), output_tokens=REFUSAL_TOKENS, thinking_tokens=0, is_cut=False, stop_sequence=None
    )
    return Reply(
        message_id=fingerprint.message_id,
        response_model=request.upstream_model,
        content=(),
        stop_reason="refusal",
        stop_sequence=None,
        stop_details={
            "type": "refusal",
            "category": None,
            "explanation": "Simulated: the conversation holds the test string that asks for a refusal.",
        },
        usage=account_for(account, nothing, ServerActivity()),
        context_management=account.context_management,
    )


def count_room(request: MessagesRequest, input_usage: InputUsage, activity: ServerActivity) -> int:
    """Tokens that the window leaves for the answer, on models that stop there; others have no such limit."""
    if not request.facts.overflow_stops:
        return request.max_tokens
    spent = input_usage.total + activity.input_tokens
    return max(0, request.facts.context_window - spent)


def get_stop_reason(plan: Plan, stopped: StoppedContent, *, ran_out_of_room: bool) -> str:
    if stopped.stop_sequence is not None:
        return "stop_sequence"
    if stopped.is_cut:
        return "model_context_window_exceeded" if ran_out_of_room else "max_tokens"
    return plan.stop_reason


def render_compaction(account: InputAccount) -> tuple[JsonObject, ...]:
    """The summary that takes the place of all that was said before."""
    summary = account.context.compaction
    return () if summary is None else ({"type": "compaction", "content": summary},)
