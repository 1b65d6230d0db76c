"""The child processes of `ingate up`: `python -m ingate.assembly gateway|control ...`."""

from __future__ import annotations

import argparse
import logging
import socket
import sys

from ingate.settings import Settings, restore_settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ingate.assembly", description=__doc__)
    parser.add_argument("role", choices=("gateway", "control"))
    parser.add_argument("--settings", required=True, help="as JSON, from the supervisor")
    parser.add_argument(
        "--listen-fd", type=int, nargs="+", required=True, help="bound sockets; control's second is for TLS"
    )
    parser.add_argument("--lifeline-fd", type=int, default=-1, help="a pipe that ends with the supervisor")
    parser.add_argument("--ready-fd", type=int, default=-1, help="a pipe that hears when this process serves")
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--gateway-url", default="")
    parser.add_argument("--local-upstream", default="", help="as JSON, what stands in the simulator's place")
    arguments = parser.parse_args()
    settings = restore_settings(arguments.settings)
    _configure_logging(settings, arguments.role, arguments.worker)
    listeners = [socket.socket(fileno=descriptor) for descriptor in arguments.listen_fd]
    for listener in listeners:
        listener.setblocking(False)
    if arguments.role == "gateway":
        from .gateway import run_gateway

        return run_gateway(
            settings,
            worker=arguments.worker,
            listener=listeners[0],
            lifeline=arguments.lifeline_fd,
            ready=arguments.ready_fd,
        )
    from .control import run_control

    return run_control(
        settings,
        listener=listeners[0],
        tls_listener=listeners[1],
        lifeline=arguments.lifeline_fd,
        ready=arguments.ready_fd,
        gateway_url=arguments.gateway_url,
        local_upstream=arguments.local_upstream,
    )


def _configure_logging(settings: Settings, role: str, worker: int) -> None:
    name = role if role == "control" else f"{role} {worker}"
    logging.basicConfig(
        level=settings.log_level.upper(),
        format=f"%(asctime)s %(levelname)s [{name}] %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # The HTTP clients would say whole URLs, in which a receiver's secret may be.
    for library in ("alembic", "uvicorn", "asyncio", "httpx2", "httpcore2", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
