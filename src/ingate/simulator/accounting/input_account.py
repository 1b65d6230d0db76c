"""A request's input as its answer's usage reports it: edited or compacted first, then charged to the prompt cache."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.accounting.compaction import COMPACT_BETA
from ingate.simulator.accounting.context_editing import ManagedContext, manage_context
from ingate.simulator.accounting.prompt_cache import InputUsage, PromptCache
from ingate.simulator.json_value import JsonObject, is_object
from ingate.simulator.model_facts import ModelFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class InputAccount:
    context: ManagedContext
    usage: InputUsage
    """Of the answer's own inference; nothing when the answer pauses after the compaction."""
    compaction_usage: InputUsage | None
    """Of the inference that wrote the summary, which the usage at the top does not include."""
    reports_iterations: bool
    """With the compaction beta every answer does."""

    @property
    def context_management(self) -> JsonObject | None:
        """The member of the answer; None when the request did not ask for context management."""
        if not is_object(self.context.body.get("context_management")):
            return None
        return {"applied_edits": list(self.context.applied_edits)}

    @property
    def pauses(self) -> bool:
        return self.context.compacted is not None and self.context.compacted.pauses


def charge_input(
    body: JsonObject, *, betas: tuple[str, ...], facts: ModelFacts, cache: PromptCache, partition: str
) -> InputAccount:
    """What the request's input costs, and what of it the cache now holds.

    `betas` are those of the request's headers. `partition` names what shares a prompt cache: the resource.
    """
    context = manage_context(body, facts=facts)
    compacted = context.compacted
    compaction_usage = None
    if compacted:
        compaction_usage = cache.charge(
            compacted.body, facts=facts, partition=partition, input_tokens=compacted.input_tokens
        )
    usage = InputUsage(uncached=0)
    if not (compacted and compacted.pauses):
        usage = cache.charge(
            context.body,
            facts=facts,
            partition=partition,
            input_tokens=context.input_tokens,
            counted=context.counted,
        )
    return InputAccount(
        context=context,
        usage=usage,
        compaction_usage=compaction_usage,
        reports_iterations=COMPACT_BETA in betas or compacted is not None,
    )


def render_iterations(account: InputAccount, *, output_tokens: int) -> tuple[JsonObject, ...]:
    """`usage.iterations`: each inference with its own usage; nothing when the answer has no such member."""
    if not account.reports_iterations:
        return ()
    iterations: list[JsonObject] = []
    if account.compaction_usage and account.context.compacted:
        written = account.context.compacted.output_tokens
        iterations.append(render_iteration("compaction", account.compaction_usage, output_tokens=written))
    if not account.pauses:
        iterations.append(render_iteration("message", account.usage, output_tokens=output_tokens))
    return tuple(iterations)


def render_iteration(kind: str, usage: InputUsage, *, output_tokens: int) -> JsonObject:
    return {
        "type": kind,
        "input_tokens": usage.uncached,
        "output_tokens": output_tokens,
        "cache_creation_input_tokens": usage.cache_creation_5m + usage.cache_creation_1h,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_creation_5m,
            "ephemeral_1h_input_tokens": usage.cache_creation_1h,
        },
    }
