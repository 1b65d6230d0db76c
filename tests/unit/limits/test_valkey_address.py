from __future__ import annotations

import pytest

from ingate.limits.valkey_address import ValkeyAddress, parse_valkey_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("valkey://localhost", ValkeyAddress(host="localhost")),
        ("valkey://10.0.0.1:7000/", ValkeyAddress(host="10.0.0.1", port=7000)),
        ("valkeys://cache.example/3", ValkeyAddress(host="cache.example", database=3, tls=True)),
        ("valkey://[::1]:6380/15", ValkeyAddress(host="::1", port=6380, database=15)),
        ("valkey://:p%40ss%2Fword@h", ValkeyAddress(host="h", password="p@ss/word")),
        ("valkey://us%65r:pw@h:1/2", ValkeyAddress(host="h", port=1, user="user", password="pw", database=2)),
    ],
)
def test_addresses(text: str, address: ValkeyAddress) -> None:
    assert parse_valkey_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "in-process",
        "localhost:6379",
        "http://localhost",
        "valkey://",
        "valkey://:6379",
        "valkey://h:port",
        "valkey://h:0",
        "valkey://h:65536",
        "valkey://h/x",
        "valkey://h/-1",
        "valkey://h/99999999999",
        "valkey://h/1/2",
        "valkey://h?db=1",
        "valkey://h#1",
        "valkey://user@h",
        "valkey://[::1",
    ],
)
def test_what_is_none(text: str) -> None:
    assert parse_valkey_address(text) is None


@pytest.mark.parametrize("text", ["valkey://user:s3cret@h:1/2", "valkeys://:s3cret@[::1]:1/2"])
def test_it_is_shown_without_user_and_password(text: str) -> None:
    address = parse_valkey_address(text)
    assert address is not None
    assert str(address) in ("valkey://h:1/2", "valkeys://[::1]:1/2")
    assert "s3cret" not in repr(address)
    shown = parse_valkey_address(str(address))
    assert shown is not None
    assert (shown.host, shown.port, shown.database, shown.tls) == (
        address.host,
        address.port,
        address.database,
        address.tls,
    )
