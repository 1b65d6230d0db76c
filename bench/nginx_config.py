"""The part of an nginx configuration that every nginx of the benchmark shares: one worker, no logs, and nothing
outside the workspace."""

from __future__ import annotations

from pathlib import Path

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def render_nginx_config(name: str, http_block: str, workspace: Path, *, connections: int) -> str:
    """A whole configuration around the contents of its http block."""
    temporary = "\n".join(f"  {kind}_temp_path {workspace}/{name}-{kind};" for kind in _TEMPORARY)
    return f"""
daemon off;
user root;
worker_processes 1;
pid {workspace}/{name}.pid;
error_log stderr warn;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_max_body_size 64m;
{temporary}
{http_block}
}}
"""
