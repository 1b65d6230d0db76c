from __future__ import annotations

import pytest

from ingate.proxy.destination import (
    Address,
    NotLetOut,
    Plane,
    Routes,
    ToPlane,
    Untouched,
    decide_plain_request,
    decide_tunnel,
)
from ingate.proxy.request_head import Connect, PlainRequest

GATEWAY = Plane(address=Address(host="127.0.0.1", port=8080), is_tls=False)
CONTROL = Plane(address=Address(host="localhost", port=8443), is_tls=True)
METADATA = Address(host="127.0.0.1", port=8081)
PLANES = {"*.services.ai.azure.com": GATEWAY, "management.azure.com": CONTROL}
CLOSED = Routes(planes=PLANES, metadata=METADATA)
OPEN = Routes(planes=PLANES, metadata=METADATA, passes_everything=True)
SOME = Routes(planes=PLANES, allowed=("pypi.org", "*.example.com"))


def connect(host: str, port: int = 443) -> Connect:
    return Connect(host=host, port=port)


def get(host: str, port: int = 80) -> PlainRequest:
    return PlainRequest(host=host, port=port, head=b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("routes", [CLOSED, OPEN])
def test_served_hosts_lead_to_their_plane_always(routes: Routes) -> None:
    host = "r.services.ai.azure.com"
    assert decide_tunnel(connect(host), routes) == ToPlane(host=host, plane=GATEWAY)
    assert decide_tunnel(connect("management.azure.com"), routes) == ToPlane(
        host="management.azure.com", plane=CONTROL
    )
    assert isinstance(decide_tunnel(connect(host, 80), routes), NotLetOut)
    assert isinstance(decide_plain_request(get(host), routes), NotLetOut)


@pytest.mark.parametrize("host", ["services.ai.azure.com", "a.b.services.ai.azure.com", "x.management.azure.com"])
def test_a_wildcard_is_one_label(host: str) -> None:
    assert isinstance(decide_tunnel(connect(host), CLOSED), NotLetOut)


def test_allowed_hosts_go_out_untouched_whatever_their_port() -> None:
    for host in ("pypi.org", "a.example.com"):
        assert decide_tunnel(connect(host, 8443), SOME) == Untouched(address=Address(host=host, port=8443))
        assert isinstance(decide_plain_request(get(host), SOME), Untouched)
    for host in ("example.com", "a.b.example.com", "evilpypi.org"):
        assert isinstance(decide_tunnel(connect(host), SOME), NotLetOut)


def test_the_metadata_service_is_ingates_own() -> None:
    asked = get("169.254.169.254")
    for routes in (CLOSED, OPEN):
        assert decide_plain_request(asked, routes) == Untouched(address=METADATA, first=asked.head)
    assert isinstance(decide_plain_request(asked, SOME), NotLetOut), "where nobody stands in for it"
