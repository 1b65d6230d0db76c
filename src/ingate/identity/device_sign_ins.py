"""Sign-ins of devices without a browser (RFC 8628): a device polls while a person enters its code elsewhere."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

LIFETIME = timedelta(minutes=15)
INTERVAL = timedelta(seconds=5)
"""Between two polls; what a device that comes too soon has to add to it, too."""
_JITTER = timedelta(seconds=1)
"""How much too early is not too soon: clients count from when they got an answer."""
_REMEMBERED = 10_000

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""None that could be taken for another."""
_LENGTH = 9


class DeviceState(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(slots=True, kw_only=True)
class DeviceSignIn:
    client_id: str
    tenant_segment: str
    resource_and_scopes: str
    """The request's `scope` in version 2, its `resource` in version 1."""
    is_v2: bool
    created_at: datetime
    user_code: str
    state: DeviceState = DeviceState.PENDING
    object_id: str | None = None
    """Who approved it."""
    interval: timedelta = INTERVAL
    polled_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        return now >= self.created_at + LIFETIME


class DeviceSignIns:
    def __init__(self) -> None:
        self._by_device: OrderedDict[str, DeviceSignIn] = OrderedDict()
        self._by_user_code: dict[str, str] = {}

    def put(self, device_code: str, sign_in: DeviceSignIn) -> None:
        key = _digest(device_code)
        self._by_device[key] = sign_in
        self._by_user_code[sign_in.user_code] = key
        if len(self._by_device) > _REMEMBERED:
            _, oldest = self._by_device.popitem(last=False)
            self._by_user_code.pop(oldest.user_code, None)

    def find(self, device_code: str) -> DeviceSignIn | None:
        return self._by_device.get(_digest(device_code))

    def find_by_user_code(self, text: str, now: datetime) -> DeviceSignIn | None:
        """One that somebody can still decide about."""
        key = self._by_user_code.get(text.strip().replace("-", "").upper())
        sign_in = None if key is None else self._by_device.get(key)
        if sign_in is None or sign_in.is_expired(now) or sign_in.state is not DeviceState.PENDING:
            return None
        return sign_in

    def remove(self, device_code: str) -> None:
        sign_in = self._by_device.pop(_digest(device_code), None)
        if sign_in is not None:
            self._by_user_code.pop(sign_in.user_code, None)


def note_poll(sign_in: DeviceSignIn, now: datetime) -> bool:
    """Whether the device waited as long as it was told to. If not, it has to wait longer from now on."""
    waited = sign_in.polled_at is None or now - sign_in.polled_at >= sign_in.interval - _JITTER
    sign_in.polled_at = now
    if not waited:
        sign_in.interval += INTERVAL
    return waited


def make_user_code(randomness: bytes) -> str:
    """From at least nine random bytes; 45 bits of them count."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in randomness[:_LENGTH])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
