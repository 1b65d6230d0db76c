from __future__ import annotations

import errno
import socket

import pytest
from tests.support.loopback_only import ATTEMPTS, is_on_this_machine


@pytest.mark.parametrize(
    ("family", "address", "stays"),
    [
        (socket.AF_INET, ("127.0.0.1", 80), True),
        (socket.AF_INET, ("127.9.9.9", 80), True),
        (socket.AF_INET, ("0.0.0.0", 80), True),
        (socket.AF_INET, ("localhost", 80), True),
        (socket.AF_INET, ("team-b.localhost", 80), True),
        (socket.AF_INET6, ("::1", 80, 0, 0), True),
        (socket.AF_INET6, ("::ffff:127.0.0.1", 80, 0, 0), True),
        (socket.AF_UNIX, "/run/socket", True),
        (socket.AF_INET, ("192.0.2.1", 80), False),
        (socket.AF_INET, ("169.254.169.254", 80), False),
        (socket.AF_INET, ("example.com", 443), False),
        (socket.AF_INET6, ("2001:db8::1", 443, 0, 0), False),
        (socket.AF_INET6, ("fe80::1%eth0", 443, 0, 0), False),
    ],
)
def test_only_loopback_stays_on_this_machine(family: int, address: object, stays: bool) -> None:
    assert is_on_this_machine(family, address) is stays


def test_another_machine_is_as_if_there_were_no_network_and_the_attempt_is_remembered() -> None:
    with socket.socket() as connecting:
        connecting.settimeout(5)
        with pytest.raises(OSError, match="this machine only") as refused:
            connecting.connect(("192.0.2.1", 80))
    assert refused.value.errno == errno.ENETUNREACH
    assert ATTEMPTS == ["('192.0.2.1', 80)"]
    ATTEMPTS.clear()  # for this was what was tested
