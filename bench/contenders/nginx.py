"""nginx as a reverse proxy: one worker, keep-alive to the upstream, no authentication, no accounting, no access log.
The yardstick: the least that relaying can cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import wait_until_answering
from bench.nginx_config import render_nginx_config
from bench.preparation import Tool
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams, UpstreamAddress
from bench.workload import Route, Target

_PROXYING = """
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  # Events must leave as they come, and bodies need not touch the disk.
  proxy_buffering off;
  proxy_request_buffering off;
  proxy_read_timeout 600s;"""


class Nginx:
    """One listener per route."""

    name = "nginx"
    endurance = Endurance()

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.version = tool.version
        self._ports: dict[Route, int] = {}
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self._ports = {route: free_port() for route in upstreams.addresses}
        servers = [
            _server_config(route, self._ports[route], address, upstreams.certificate)
            for route, address in upstreams.addresses.items()
        ]
        config = workspace / "nginx.conf"
        http_block = "\n".join([_PROXYING, *servers])
        config.write_text(render_nginx_config("nginx", http_block, workspace, connections=32_768))
        argv = [*self._tool.argv, "-c", str(config), "-p", str(workspace), "-e", "stderr"]
        self._process = PinnedProcess(argv, core=core, log=workspace / "nginx.log")
        wait_until_answering(self.target(Route.FAST), self._process, seconds=10)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        return Target(host="127.0.0.1", port=self._ports[route], path="/v1/messages", headers=(), model="claude-mock")

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else descendants(self._process.pid)


def _server_config(route: Route, port: int, address: UpstreamAddress, certificate: Path) -> str:
    tls = f"""
      proxy_ssl_protocols TLSv1.3;
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate {certificate};
      proxy_ssl_name localhost;"""
    return f"""
  upstream mock_{route} {{
    server 127.0.0.1:{address.port};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass {"https" if address.tls else "http"}://mock_{route};{tls if address.tls else ""}
    }}
  }}"""
