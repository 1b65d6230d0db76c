"""An issuer on this machine whose keys are published over https, and which counts who asks for them."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .certificates import make_server_certificate


@dataclass(kw_only=True)
class IssuerServer:
    url: str
    ca_file: Path
    """Whom to trust in order to reach it."""
    documents: dict[str, Any] = field(default_factory=dict[str, Any])
    """By path."""
    asked: list[str] = field(default_factory=list[str])


@contextlib.contextmanager
def serve_issuer(folder: Path) -> Generator[IssuerServer]:
    file = make_server_certificate().write(folder / "issuer.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    served = IssuerServer(url="", ca_file=file)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            document = served.documents.get(self.path)
            body = json.dumps(document).encode()
            self.send_response(404 if document is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests have enough to show."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        served.url = f"https://localhost:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
