"""All rules that no schema can say, in the order in which they are asked: the first that finds something speaks.

The order follows what the API was seen to report first; where nothing is known, cheap rules come before dear ones.
"""

from __future__ import annotations

from functools import lru_cache

from ingate.simulator.validation import (
    caching,
    conversation,
    features,
    limits,
    media,
    services,
    thinking,
    tool_definitions,
    tool_pairs,
)
from ingate.simulator.validation.inspection import Rule

ANY = frozenset[str]()
_THINKING = frozenset({"thinking"})
_TOOLS = frozenset({"tools"})
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_OUTPUT = frozenset({"output_config", "output_format"})
_MCP = frozenset({"mcp_servers", "tools"})

RULES: tuple[tuple[Rule, frozenset[str]], ...] = (
    (features.find_feature_not_on_foundry, frozenset({"inference_geo", "speed", "fallbacks", "tools"})),
    (features.find_feature_not_on_hosting, ANY),
    (conversation.find_content_removed_in_second_version, ANY),
    (conversation.find_misplaced_system_message, ANY),
    (conversation.find_empty_assistant_message, ANY),
    (conversation.find_blank_text, ANY),
    (conversation.find_block_of_wrong_role, ANY),
    (services.find_container_without_code_execution, frozenset({"container"})),
    (services.find_blank_stop_sequence, frozenset({"stop_sequences"})),
    (services.find_personal_user_id, frozenset({"metadata"})),
    (tool_definitions.find_repeated_tool_name, _TOOLS),
    (tool_definitions.find_nothing_but_deferred_tools, _TOOLS),
    (tool_definitions.find_unusable_tool_choice, frozenset({"tool_choice"})),
    (tool_definitions.find_unusable_input_schema, _TOOLS),
    (services.find_unpaired_mcp_server, _MCP),
    (services.find_unreachable_mcp_server, _MCP),
    (services.find_two_output_formats, _OUTPUT),
    (services.find_unusable_output_format, _OUTPUT),
    (thinking.find_unsupported_thinking, _THINKING),
    (thinking.find_thinking_budget_too_large, _THINKING),
    (thinking.find_thinking_with_forced_tool, _THINKING),
    (thinking.find_effort_too_high_without_thinking, _THINKING),
    (thinking.find_clearing_of_absent_thinking, frozenset({"context_management"})),
    (limits.find_unsupported_effort, _OUTPUT),
    (limits.find_unsupported_sampling, _SAMPLING),
    (limits.find_two_sampling_parameters, _SAMPLING),
    (limits.find_sampling_of_thinking, _SAMPLING),
    (limits.find_too_many_max_tokens, frozenset({"max_tokens"})),
    (limits.find_unusable_warm_up, frozenset({"max_tokens"})),
    (caching.find_too_many_breakpoints, ANY),
    (caching.find_longer_lifetime_after_shorter, ANY),
    (tool_pairs.find_unpaired_tool_block, ANY),
    (tool_definitions.find_unknown_tool_reference, ANY),
    (thinking.find_altered_thinking_block, ANY),
    (conversation.find_unsupported_prefill, ANY),
    (conversation.find_trailing_whitespace, ANY),
    (media.find_too_many_media, ANY),
    (media.find_unusable_image, ANY),
    (media.find_unusable_document, ANY),
    (media.find_mixed_citations, ANY),
    (media.find_citations_with_format, _OUTPUT),
    (limits.find_context_overflow, ANY),
)
"""Each with the members of a body that it concerns; it is asked if one of them is there. None: it is always asked."""


@lru_cache(maxsize=1024)
def get_rules(members: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that concern a body with these members."""
    return tuple(rule for rule, concerned in RULES if not concerned or not concerned.isdisjoint(members))
