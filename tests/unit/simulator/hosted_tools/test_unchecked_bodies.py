"""A lenient simulator lets any JSON through: whatever stands where a tool or a block should, no one is thrown out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.citing import cite_sources, quote_sources
from ingate.simulator.fingerprint import get_fingerprint
from ingate.simulator.hosted_tools.activity import decide_server_activity
from ingate.simulator.hosted_tools.defined_tools import decide_defined_call
from ingate.simulator.media import describe_media
from ingate.simulator.request import parse_messages_request

ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from(["", "a", "https://x.example/", "direct", "text"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "text", "content", "source", "enabled", "url", "name"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
TOOL_TYPES = ["web_search_1", "web_fetch_1", "code_execution_1", "tool_search_tool_regex", "advisor_1", "mcp_toolset"]
CLIENT_TYPES = ["custom", "text_editor_1", "computer_toolset_1"]
BLOCK_TYPES = ["text", "document", "search_result", "image", "tool_result", "tool_use", "server_tool_use"]
RESULT_TYPES = ["web_search_tool_result", "web_fetch_tool_result", "tool_search_tool_result", "container_upload"]


def objects(types: list[str], *members: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a known type, with anything for members."""
    return st.fixed_dictionaries({"type": st.sampled_from(types)}, optional=dict.fromkeys(members, ANY))


BLOCKS = objects(
    BLOCK_TYPES + RESULT_TYPES, "text", "source", "content", "citations", "title", "id", "name", "caller"
)
TOOL_MEMBERS = [
    "name",
    "description",
    "input_schema",
    "allowed_callers",
    "defer_loading",
    "max_uses",
    "configs",
    "tools",
]
WEB_MEMBERS = ["allowed_domains", "url_sources", "citations"]
TOOLS = objects(TOOL_TYPES + CLIENT_TYPES, *TOOL_MEMBERS, *WEB_MEMBERS, "default_config", "mcp_server_name")
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant"]), "content": st.text(max_size=9) | st.lists(BLOCKS, max_size=3)}
)
BODIES = st.fixed_dictionaries(
    {"model": st.just("m"), "max_tokens": st.just(5), "messages": st.lists(MESSAGES, max_size=3)},
    optional={
        "tools": st.lists(TOOLS, max_size=3),
        "mcp_servers": st.lists(objects(["url"], "name", "tool_configuration"), max_size=2),
        "container": ANY,
    },
)


@given(BODIES)
def test_anything_is_answered(body: dict[str, Any]) -> None:
    request = parse_messages_request(body)
    activity = decide_server_activity(request, fingerprint=get_fingerprint(seed=0, path=b"/", body=b""))
    blocks = activity.blocks if activity else ()
    said = quote_sources(request, blocks)
    assert "".join(str(block["text"]) for block in cite_sources(said, request, blocks)) == said
    describe_media(request)
    for tool in body.get("tools", ()):
        decide_defined_call(tool, request)
