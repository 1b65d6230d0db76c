"""The metrics of a Foundry resource that Claude has to do with: names, units, aggregations and dimensions.

Source: Microsoft, "Supported metrics for Microsoft.CognitiveServices/accounts", as of 2026-07-31,
https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-cognitiveservices-accounts-metrics
Descriptions are our own and say what is measured here. Of sums, Microsoft documents only the total; the number of
values and the average are answered as well.
"""

from __future__ import annotations

from dataclasses import replace

from .metric import Aggregation, MetricDefinition, Unit

SUMMED: tuple[Aggregation, ...] = ("Total", "Average", "Count")
MEASURED: tuple[Aggregation, ...] = ("Average", "Minimum", "Maximum", "Total", "Count")

TIME_GRAINS = {
    "PT1M": 1,
    "PT5M": 5,
    "PT15M": 15,
    "PT30M": 30,
    "PT1H": 60,
    "PT6H": 360,
    "PT12H": 720,
    "P1D": 1440,
}
"""Minutes of each."""

_MODEL = ("ModelDeploymentName", "ModelName", "ModelVersion")
_CALL = ("ApiName", "OperationName", "Region", "StreamType", *_MODEL)
_TOKENS = ("ApiName", "Region", *_MODEL)
_LEGACY = ("ApiName", "OperationName", "Region", "RatelimitKey")

REQUESTS_CATEGORY = "Models - HTTP Requests"
LATENCY_CATEGORY = "Models - Latency"
USAGE_CATEGORY = "Models - Usage"
LEGACY_CATEGORY = "Cognitive Services - HTTP Requests"


def _measure(
    name: str, display_name: str, description: str, category: str, dimensions: tuple[str, ...], unit: Unit
) -> MetricDefinition:
    return MetricDefinition(
        name=name,
        display_name=display_name,
        description=description,
        category=category,
        unit=unit,
        primary_aggregation="Average",
        aggregations=MEASURED,
        dimensions=dimensions,
    )


def _sum(
    name: str, display_name: str, description: str, category: str, dimensions: tuple[str, ...], unit: Unit = "Count"
) -> MetricDefinition:
    measured = _measure(name, display_name, description, category, dimensions, unit)
    return replace(measured, primary_aggregation="Total", aggregations=SUMMED)


METRIC_DEFINITIONS: tuple[MetricDefinition, ...] = (
    _sum(
        "ModelRequests",
        "Model Requests",
        "Requests to a model, those that failed included.",
        REQUESTS_CATEGORY,
        (*_CALL, "StatusCode", "IsSpillover", "ServiceTierRequest", "ServiceTierResponse"),
    ),
    _measure(
        "ModelAvailabilityRate",
        "Model Availability Rate",
        "The share of requests to a model that were not answered with a status of 500 or more.",
        REQUESTS_CATEGORY,
        ("Region", *_MODEL),
        "Percent",
    ),
    _measure(
        "TimeToResponse",
        "Time to Response",
        "From a request to the first content of its answer, of requests that were not refused; to the end where the "
        "answer is not a stream.",
        LATENCY_CATEGORY,
        (*_CALL, "StatusCode"),
        "MilliSeconds",
    ),
    _measure(
        "TimeToLastByte",
        "Time to Last Byte",
        "From a request to the end of its answer, of requests that succeeded.",
        LATENCY_CATEGORY,
        _CALL,
        "MilliSeconds",
    ),
    _measure(
        "NormalizedTimeToFirstToken",
        "Normalized Time to First Byte",
        "From a request to the first content of a stream, for each token of the prompt.",
        LATENCY_CATEGORY,
        _CALL,
        "MilliSeconds",
    ),
    _measure(
        "NormalizedTimeBetweenTokens",
        "Time Between Tokens",
        "From the first content of a stream to its end, for each token after the first.",
        LATENCY_CATEGORY,
        _CALL,
        "MilliSeconds",
    ),
    _measure(
        "TokensPerSecond",
        "Tokens Per Second",
        "How many tokens of a stream came in a second, from its first content to its end.",
        LATENCY_CATEGORY,
        _CALL,
        "Count",
    ),
    _sum("InputTokens", "Input Tokens", "Tokens of prompts, without those of the cache.", USAGE_CATEGORY, _TOKENS),
    _sum("OutputTokens", "Output Tokens", "Tokens that were generated.", USAGE_CATEGORY, _TOKENS),
    _sum("TotalTokens", "Total Tokens", "InputTokens and OutputTokens together.", USAGE_CATEGORY, _TOKENS),
    _sum(
        "cacheReadInputTokens",
        "Prompt tokens read from cache",
        "Tokens of prompts that were read from the cache: `cache_read_input_tokens`.",
        USAGE_CATEGORY,
        (*_TOKENS, "ContextLength"),
    ),
    _sum(
        "ephemeral5mInputTokens",
        "Prompt tokens written to cache (5 minute TTL)",
        "Tokens of prompts that were cached for 5 minutes: `cache_creation.ephemeral_5m_input_tokens`.",
        USAGE_CATEGORY,
        (*_TOKENS, "ContextLength"),
    ),
    _sum(
        "ephemeral1hInputTokens",
        "Prompt tokens written to cache (1 hour TTL)",
        "Tokens of prompts that were cached for an hour: `cache_creation.ephemeral_1h_input_tokens`.",
        USAGE_CATEGORY,
        (*_TOKENS, "ContextLength"),
    ),
    _measure(
        "ProvisionedUtilization",
        "Provisioned Utilization",
        "Of provisioned throughput, which there is none of here: never a value.",
        USAGE_CATEGORY,
        ("Region", *_MODEL),
        "Percent",
    ),
    _sum("TotalCalls", "Total Calls", "Requests to the resource.", LEGACY_CATEGORY, _LEGACY),
    _sum("SuccessfulCalls", "Successful Calls", "Requests with a status below 400.", LEGACY_CATEGORY, _LEGACY),
    _sum("TotalErrors", "Total Errors", "Requests with a status of 400 or more.", LEGACY_CATEGORY, _LEGACY),
    _sum(
        "BlockedCalls", "Blocked Calls", "Requests over a rate limit or quota: status 429.", LEGACY_CATEGORY, _LEGACY
    ),
    _sum("ClientErrors", "Client Errors", "Requests with a status from 400 to 499.", LEGACY_CATEGORY, _LEGACY),
    _sum("ServerErrors", "Server Errors", "Requests with a status of 500 or more.", LEGACY_CATEGORY, _LEGACY),
    _measure(
        "Latency", "Latency", "From a request to the end of its answer.", LEGACY_CATEGORY, _LEGACY, "MilliSeconds"
    ),
    _sum("DataIn", "Data In", "Bytes of requests' bodies.", LEGACY_CATEGORY, _LEGACY[:3], "Bytes"),
    _sum("DataOut", "Data Out", "Bytes of answers' bodies.", LEGACY_CATEGORY, _LEGACY[:3], "Bytes"),
    _sum(
        "Ratelimit",
        "Ratelimit",
        "Of rate limit keys, which there are none of here: never a value.",
        LEGACY_CATEGORY,
        ("Region", "RatelimitKey"),
    ),
    _measure(
        "SuccessRate",
        "AvailabilityRate",
        "The share of requests that were not answered with a status of 500 or more.",
        "Cognitive Services - SLI",
        _LEGACY,
        "Percent",
    ),
)

DEFINITIONS_BY_NAME = {definition.name.lower(): definition for definition in METRIC_DEFINITIONS}
"""Names are compared without regard to case."""
