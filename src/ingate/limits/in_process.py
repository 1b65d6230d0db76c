"""Quotas in process: right for one worker, which is what `ingate up` starts."""

from __future__ import annotations

from ingate.domain.quota import Decided, DeploymentQuota, QuotaLimits, Reservation


class InProcessLimiter:
    """Implements `domain.quota.QuotaLimiter`. A deployment whose limits change starts with full buckets."""

    def __init__(self) -> None:
        self._quotas: dict[str, DeploymentQuota] = {}

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        quota = self._quotas.get(quota_key)
        if quota is None or (quota.limits is not limits and quota.limits != limits):
            quota = self._quotas[quota_key] = DeploymentQuota(limits, now)
        exceeded = quota.reserve(input_tokens, now)
        decided(exceeded or Reservation(quota_key=quota_key, input_tokens=input_tokens))

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None:
        quota = self._quotas.get(reservation.quota_key)
        if quota is not None:
            quota.settle(reserved=reservation.input_tokens, input_tokens=input_tokens, output_tokens=output_tokens)

    def give_back(self, reservation: Reservation) -> None:
        quota = self._quotas.get(reservation.quota_key)
        if quota is not None:
            quota.give_back(reservation.input_tokens)
