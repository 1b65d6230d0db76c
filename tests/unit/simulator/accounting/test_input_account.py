"""Compaction and the prompt cache together: what each inference cost, as the recorded compactions have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingate.simulator.accounting.context_editing import manage_context
from ingate.simulator.accounting.input_account import InputAccount, charge_input, render_iterations
from ingate.simulator.accounting.prompt_cache import PromptCache
from ingate.simulator.accounting.tokens import count_input_tokens
from ingate.simulator.model_facts import get_model_facts

BETAS = ("compact-2026-01-12",)
MODEL = "claude-sonnet-4-6"
MARK: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
LONG = "The quick brown fox jumps over the lazy dog. " * 6_000
"""About 60,000 tokens."""


def compact(**options: Any) -> dict[str, Any]:
    edit = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50_000}} | options
    return {"context_management": {"edits": [edit]}}


def make_body(text: str, **fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "system": "Be brief.", "messages": [{"role": "user", "content": text}]} | fields


def charge(body: dict[str, Any], *, cache: PromptCache | None = None, betas: tuple[str, ...] = BETAS) -> InputAccount:
    return charge_input(
        body,
        betas=betas,
        facts=get_model_facts(MODEL),
        cache=cache or PromptCache(clock=lambda: 0.0),
        partition="resource",
    )


def test_below_its_trigger_nothing_is_compacted_but_iterations_are_reported() -> None:
    account = charge(make_body("Hello", **compact()))
    assert account.context.compaction is None
    assert account.context_management == {"applied_edits": []}
    (message,) = render_iterations(account, output_tokens=9)
    assert (message["type"], message["input_tokens"], message["output_tokens"]) == (
        "message",
        account.usage.uncached,
        9,
    )


def test_a_long_conversation_is_compacted_and_the_answer_costs_only_the_summary() -> None:
    body = make_body(LONG, **compact())
    account = charge(body)
    summary = account.context.compaction
    assert summary is not None
    assert summary.startswith("Simulated summary: no model wrote this.")
    compaction, message = render_iterations(account, output_tokens=9)
    assert compaction["type"] == "compaction"
    assert compaction["input_tokens"] == count_input_tokens(body) + 100
    assert message["type"] == "message"
    assert message["input_tokens"] == account.usage.uncached < 500


def test_sending_the_block_back_counts_only_what_follows_it() -> None:
    body = make_body(LONG, **compact())
    summary = charge(body).context.compaction
    body["messages"] += [
        {
            "role": "assistant",
            "content": [{"type": "compaction", "content": summary}, {"type": "text", "text": "Hi"}],
        },
        {"role": "user", "content": "And now?"},
    ]
    account = charge(body)
    assert account.context.compaction is None
    assert account.usage.total < 500


def test_an_answer_that_pauses_costs_nothing_but_its_compaction() -> None:
    account = charge(make_body(LONG, **compact(pause_after_compaction=True)))
    assert account.pauses
    assert account.usage.total == 0
    assert [iteration["type"] for iteration in render_iterations(account, output_tokens=0)] == ["compaction"]


def test_a_request_for_compaction_alone_needs_no_trigger() -> None:
    account = charge(make_body("Hello", compaction={"type": "summarize"}))
    assert account.pauses
    assert account.context.compaction is not None
    assert account.context_management is None


def test_the_summary_tells_of_the_conversation_and_of_its_instructions() -> None:
    call: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "read_file", "input": {}}
    body = make_body(LONG + " Now say hello.", **compact(instructions="Keep the file names."))
    result = {"type": "tool_result", "tool_use_id": "t", "content": "x"}
    body["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    summary = charge(body).context.compaction
    assert summary is not None
    assert "3 messages" in summary
    assert "read_file (1x)" in summary
    assert 'Now say hello."' in summary
    assert '"Keep the file names."' in summary
    assert len(summary) < 1_500
    assert summary == charge(body).context.compaction


def test_what_the_compaction_read_is_cached_and_what_follows_is_too_short_to_be() -> None:
    cache = PromptCache(clock=lambda: 0.0)
    body = make_body(LONG, **MARK, **compact())
    first, second = charge(body, cache=cache), charge(body, cache=cache)
    assert first.compaction_usage is not None
    assert second.compaction_usage is not None
    assert first.compaction_usage.cache_creation_5m > 50_000
    assert second.compaction_usage.cache_read == first.compaction_usage.cache_creation_5m
    assert first.usage.uncached == first.usage.total


def test_count_tokens_compacts_nothing_anew() -> None:
    body = make_body(LONG, **compact())
    managed = manage_context(body, compacts=False)
    assert managed.compaction is None
    assert managed.input_tokens == count_input_tokens(body)


def test_without_the_beta_no_answer_speaks_of_iterations() -> None:
    account = charge(make_body("Hello"), betas=())
    assert render_iterations(account, output_tokens=9) == ()
    assert account.context_management is None


@pytest.mark.parametrize("number", range(3))
def test_recorded_compactions_have_the_same_iterations(fixtures_dir: Path, number: int) -> None:
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if '"compaction"' in json.dumps(row.get("usage"))]
    row = rows[number]
    account = charge(row["request"])
    reported: list[dict[str, Any]] = row["usage"]["iterations"]
    ours = render_iterations(account, output_tokens=reported[-1]["output_tokens"])
    assert [iteration["type"] for iteration in ours] == [iteration["type"] for iteration in reported]
    for mine, theirs in zip(ours, reported, strict=True):
        assert set(mine) == set(theirs)
        assert sum_input(mine) == pytest.approx(sum_input(theirs), rel=0.15, abs=60)


def sum_input(iteration: dict[str, Any]) -> int:
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(iteration[name] for name in names)
