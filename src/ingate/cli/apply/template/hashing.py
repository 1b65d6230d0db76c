"""The two functions by which templates make stable names. Both give what Azure gives for the same arguments."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string#guid"""

_MASK = 0xFFFF_FFFF
_FIRST, _SECOND = 0x239B961B, 0xAB0E9789
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def make_guid(parts: Sequence[str]) -> str:
    """A version 5 UUID of the arguments, joined with hyphens."""
    return str(uuid.uuid5(GUID_NAMESPACE, "-".join(parts)))


def make_unique_string(parts: Sequence[str]) -> str:
    """13 letters and digits: a 64-bit hash of MurmurHash3's family over the arguments, joined with hyphens.

    Azure documents only the length; the constants are those with which Bicep's own results come out.
    """
    number = _hash("-".join(parts).encode())
    return "".join(
        _ALPHABET[(number >> shift if shift >= 0 else number << -shift) & 31] for shift in range(59, -6, -5)
    )


def _hash(data: bytes) -> int:
    low, high = 0, 0
    whole = len(data) // 8 * 8
    for position in range(0, whole, 8):
        low ^= _mix_low(int.from_bytes(data[position : position + 4], "little"))
        low = ((_rotate(low, 19) + high) * 5 + 0x561CCD1B) & _MASK
        high ^= _mix_high(int.from_bytes(data[position + 4 : position + 8], "little"))
        high = ((_rotate(high, 13) + low) * 5 + 0x0BCAA747) & _MASK
    low ^= _mix_low(int.from_bytes(data[whole : whole + 4], "little"))
    high ^= _mix_high(int.from_bytes(data[whole + 4 :], "little"))
    low = ((low ^ len(data)) + (high ^ len(data))) & _MASK
    high = ((high ^ len(data)) + low) & _MASK
    low, high = _finish(low), _finish(high)
    low = (low + high) & _MASK
    return ((high + low) & _MASK) << 32 | low


def _mix_low(block: int) -> int:
    return _rotate(block * _FIRST & _MASK, 15) * _SECOND & _MASK


def _mix_high(block: int) -> int:
    return _rotate(block * _SECOND & _MASK, 17) * _FIRST & _MASK


def _rotate(number: int, by: int) -> int:
    return (number << by | number >> (32 - by)) & _MASK


def _finish(number: int) -> int:
    number = (number ^ number >> 16) * 0x85EBCA6B & _MASK
    number = (number ^ number >> 13) * 0xC2B2AE35 & _MASK
    return number ^ number >> 16
