"""IPv4 addresses, URLs and query strings."""

from __future__ import annotations

from ingate.kql.functions.dynamics import bag_of_entries
from ingate.kql.functions.signatures import CallSite, Rule, built
from ingate.kql.rendering import quote_text
from ingate.kql.semantics.values import Value

_ADDRESS = r"^\s*(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?\s*$"
_PARSED = f"regexp_extract({{0}}, '{_ADDRESS}', ['a','b','c','d','p'])"
_OCTETS = (
    "greatest(CAST(v_.a AS INTEGER), CAST(v_.b AS INTEGER), CAST(v_.c AS INTEGER), CAST(v_.d AS INTEGER)) <= 255"
)
_NUMBER = (
    "(CAST(v_.a AS BIGINT) * 16777216 + CAST(v_.b AS BIGINT) * 65536 + CAST(v_.c AS BIGINT) * 256"
    " + CAST(v_.d AS BIGINT))"
)
_BITS = "coalesce(try_cast(v_.p AS INTEGER), 32)"


def _parsed(text: str, result: str) -> str:
    """`result` over the parts `v_`; null for what is no address."""
    valid = f"WHEN v_.a = '' THEN NULL WHEN NOT ({_OCTETS}) OR {_BITS} > 32 THEN NULL"
    return f"list_transform([{_PARSED.replace('{0}', text)}], lambda v_: CASE {valid} ELSE {result} END)[1]"


def _address(text: str) -> str:
    """The address as a number, cut to its own prefix."""
    return _parsed(text, f"({_NUMBER} >> (32 - {_BITS})) << (32 - {_BITS})")


def _prefix(text: str) -> str:
    return _parsed(text, _BITS)


def _parse_ipv4(site: CallSite) -> str:
    return _address(site.values[0].sql)


def _ipv4_is_match(site: CallSite) -> Value:
    """Both under the shortest of the prefixes."""
    a, b = site.values[0].sql, site.values[1].sql
    bits = [_prefix(a), _prefix(b)] + ([f"CAST({site.values[2].sql} AS INTEGER)"] if len(site.values) > 2 else [])
    shift = f"(32 - least({', '.join(bits)}))"
    return site.give("bool", f"(({_address(a)} >> {shift}) = ({_address(b)} >> {shift}))")


def _ipv4_is_in_range(site: CallSite) -> Value:
    address, network = site.values[0].sql, site.values[1].sql
    shift = f"(32 - {_prefix(network)})"
    return site.give("bool", f"(({_address(address)} >> {shift}) = ({_address(network)} >> {shift}))")


_PRIVATE = (("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16))


def _ipv4_is_private(site: CallSite) -> Value:
    number = _address(site.values[0].sql)
    tests: list[str] = []
    for network, bits in _PRIVATE:
        value = sum(int(octet) << shift for octet, shift in zip(network.split("."), (24, 16, 8, 0), strict=True))
        tests.append(f"({number} >> {32 - bits}) = {value >> (32 - bits)}")
    return site.give("bool", f"({' OR '.join(tests)})")


def _ipv4_compare(site: CallSite) -> Value:
    a, b = _address(site.values[0].sql), _address(site.values[1].sql)
    return site.give("long", f"CAST(sign({a} - {b}) AS BIGINT)")


def _has_ipv4(site: CallSite) -> Value:
    text, wanted = site.values[0].sql, site.values[1].sql
    found = f"regexp_matches({text}, '(?:^|[^0-9A-Za-z.])' || regexp_escape({wanted}) || '(?:$|[^0-9A-Za-z.])')"
    return site.give("bool", f"({found} AND {_address(wanted)} IS NOT NULL)")


_URL = (
    r"^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^:/?#]*)(?::(\d+))?)?([^?#]*)"
    r"(?:\?([^#]*))?(?:#(.*))?$"
)


def _query_bag(text: str) -> str:
    pairs = f"list_filter(string_split({text}, '&'), lambda p_: p_ <> '')"
    value = "to_json(CASE WHEN instr(q_, '=') > 0 THEN substring(q_, instr(q_, '=') + 1) ELSE '' END)"
    entries = f"list_transform({pairs}, lambda q_: struct_pack(k := split_part(q_, '=', 1), j := {value}))"
    return bag_of_entries(entries)


def _parse_url(site: CallSite) -> Value:
    names = {
        "Scheme": "s",
        "Host": "h",
        "Port": "o",
        "Path": "t",
        "Username": "u",
        "Password": "w",
        "Query Parameters": "q",
        "Fragment": "f",
    }
    members = ", ".join(
        f"'{name}', {_query_bag('u_.q') if part == 'q' else f'u_.{part}'}" for name, part in names.items()
    )
    parts = f"regexp_extract({site.values[0].sql}, {quote_text(_URL)}, ['s','u','w','h','o','t','q','f'])"
    return site.give("dynamic", f"list_transform([{parts}], lambda u_: json_object({members}))[1]")


def _parse_urlquery(site: CallSite) -> Value:
    text = f"ltrim({site.values[0].sql}, '?')"
    return site.give("dynamic", f"json_object('Query Parameters', {_query_bag(text)})")


RULES: dict[str, Rule] = {
    "has_ipv4": built("string string", _has_ipv4),
    "ipv4_compare": built("string string", _ipv4_compare),
    "ipv4_is_in_range": built("string string", _ipv4_is_in_range),
    "ipv4_is_match": built("string string whole?", _ipv4_is_match),
    "ipv4_is_private": built("string", _ipv4_is_private),
    "ipv4_netmask_suffix": built(
        "string", lambda site: site.give("long", f"CAST({_prefix(site.values[0].sql)} AS BIGINT)")
    ),
    "parse_ipv4": built("string", lambda site: site.give("long", _parse_ipv4(site))),
    "parse_url": built("string", _parse_url),
    "parse_urlquery": built("string", _parse_urlquery),
    "parseurl": built("string", _parse_url),
    "parseurlquery": built("string", _parse_urlquery),
}
