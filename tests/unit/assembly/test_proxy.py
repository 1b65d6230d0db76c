from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from ingate.assembly.proxy import GATEWAY_NAMES, add_direct_names, make_routes, make_server_context
from ingate.certificates.authority import AZURE_NAMES
from ingate.proxy.destination import Address, Plane, find_by_name


def test_every_name_that_ingate_has_certificates_for_leads_to_a_plane() -> None:
    routes = make_routes(
        gateway_url="http://127.0.0.1:8080",
        management_url="http://127.0.0.1:8081",
        management_tls_url="https://localhost:8443",
        allowed=["PyPI.org."],
        passes_everything=False,
    )
    gateway = Plane(address=Address(host="127.0.0.1", port=8080), is_tls=False)
    control = Plane(address=Address(host="localhost", port=8443), is_tls=True, is_for_this_machine=True)
    assert set(GATEWAY_NAMES) < set(AZURE_NAMES) == set(routes.planes)
    assert find_by_name(routes.planes, "r.openai.azure.com") == gateway
    for host in ("login.microsoftonline.com", "management.azure.com", "eastus2.metrics.monitor.azure.com"):
        assert find_by_name(routes.planes, host) == control
    assert routes.metadata == Address(host="127.0.0.1", port=8081)
    assert routes.allowed == ("pypi.org",)


def test_this_machines_names_are_the_gateways_where_tls_is_taken_directly() -> None:
    routes = make_routes(
        gateway_url="http://127.0.0.1:8080",
        management_url="http://127.0.0.1:8081",
        management_tls_url="https://localhost:8443",
        allowed=[],
        passes_everything=False,
    )
    direct = add_direct_names(routes)
    gateway = find_by_name(direct.planes, "r.services.ai.azure.com")
    assert gateway is not None
    assert not gateway.is_for_this_machine
    assert find_by_name(direct.planes, "localhost") == find_by_name(direct.planes, "r.localhost") == gateway
    assert find_by_name(routes.planes, "localhost") is None
    assert all(find_by_name(direct.planes, name) for name in AZURE_NAMES)


@pytest.mark.parametrize("host", ["r.services.ai.azure.com", "login.microsoftonline.com"])
def test_a_context_is_for_one_host_and_no_key_stays_on_disk(
    tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    context = make_server_context(tmp_path, host)
    assert isinstance(context, ssl.SSLContext)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
