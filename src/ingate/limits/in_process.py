"""Quotas in process. One worker has the whole of them; of several, each has a share, so that together they never
admit more than there is."""

from __future__ import annotations

import logging

from ingate.domain.quota import Decided, DeploymentQuota, QuotaLimits, Reservation

_log = logging.getLogger(__name__)


class InProcessLimiter:
    """Implements `domain.quota.QuotaLimiter`."""

    def __init__(self, *, worker: int = 0, workers: int = 1) -> None:
        """`worker` counts from 0."""
        self._worker = worker
        self._workers = workers
        self._limits: dict[str, QuotaLimits] = {}
        self._quotas: dict[str, DeploymentQuota] = {}

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        if self._limits.get(quota_key) is not limits:
            self._use_limits(quota_key, limits, now)
        exceeded = self._quotas[quota_key].reserve(input_tokens, now)
        if exceeded is None:
            decided(Reservation(quota_key=quota_key, input_tokens=input_tokens))
        else:
            decided(exceeded)

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None:
        quota = self._quotas.get(reservation.quota_key)
        if quota is not None:
            quota.settle(reserved=reservation.input_tokens, input_tokens=input_tokens, output_tokens=output_tokens)

    def give_back(self, reservation: Reservation) -> None:
        quota = self._quotas.get(reservation.quota_key)
        if quota is not None:
            quota.give_back(reservation.input_tokens)

    def _use_limits(self, quota_key: str, limits: QuotaLimits, now: float) -> None:
        """A new revision of the directory has new objects, most of them equal to those before."""
        self._limits[quota_key] = limits
        share = limits.take_share(self._worker, self._workers)
        if share.requests == 0 < limits.requests:
            _log.warning(
                "%s: %d requests a minute do not go round %d workers", quota_key, limits.requests, self._workers
            )
        quota = self._quotas.get(quota_key)
        if quota is None:
            self._quotas[quota_key] = DeploymentQuota(share, now)
        else:
            quota.change_limits(share, now)
