"""Strings: searching, cutting, joining, encoding."""

from __future__ import annotations

from ingate.kql.functions.dynamics import joined
from ingate.kql.functions.signatures import CallSite, Rule, built, rule
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.semantics.matching import check_pattern, pattern_sql
from ingate.kql.semantics.values import Value, constant
from ingate.kql.syntax.tree import Json


def _strcat(site: CallSite) -> Value:
    return site.give("string", f"({' || '.join(value.sql for value in site.values)})", may_be_null=False)


def _strcat_delim(site: CallSite) -> Value:
    items = ", ".join(value.sql for value in site.values[1:])
    return site.give("string", joined(f"[{items}]", site.values[0]), may_be_null=False)


def _substring(site: CallSite) -> Value:
    """From 0; a negative start counts from the end."""
    text, start = site.values[0].sql, site.values[1]
    known = start.known.value if start.known is not None else None
    if isinstance(known, int):
        first = str(known + 1 if known >= 0 else known)
    else:
        first = f"CASE WHEN {start.sql} < 0 THEN {start.sql} ELSE {start.sql} + 1 END"
    if len(site.values) == 2:
        return site.give("string", f"coalesce(substring({text}, {first}), '')", may_be_null=False)
    length = f"greatest({site.values[2].sql}, 0)"
    return site.give("string", f"coalesce(substring({text}, {first}, {length}), '')", may_be_null=False)


def _indexof(site: CallSite) -> Value:
    text, wanted = site.values[0].sql, site.values[1].sql
    if len(site.values) == 2:
        return site.give("long", f"(instr({text}, {wanted}) - 1)")
    size = f"length({text})"
    given = site.values[2].sql
    start = f"CASE WHEN {given} < 0 THEN greatest({size} + {given}, 0) ELSE {given} END"
    length = site.values[3].sql if len(site.values) > 3 else "-1"
    occurrence = site.constant_integer(4) if len(site.values) > 4 else 1
    if not 1 <= occurrence <= 1000:
        raise not_supported(site.scope.said("indexof(): the occurrence is 1 to 1000"), site.values[4].at)
    cut = f"CASE WHEN {length} < 0 THEN substring({text}, s_ + 1) ELSE substring({text}, s_ + 1, {length}) END"
    places = f"list_filter(range(1, length(t_) + 1), lambda i_: substring(t_, i_, length({wanted})) = {wanted})"
    found = f"list_transform([{cut}], lambda t_: {places}[{occurrence}] - 1 + s_)[1]"
    return site.give("long", f"coalesce(list_transform([{start}], lambda s_: {found})[1], -1)")


def _split(site: CallSite) -> Value:
    text, delimiter = site.values[0].sql, site.values[1].sql
    pieces = f"CASE WHEN {delimiter} = '' THEN [{text}] ELSE string_split({text}, {delimiter}) END"
    if len(site.values) == 2:
        return site.give("dynamic", f"to_json({pieces})", may_be_null=False)
    index = site.values[2].sql
    one = f"CASE WHEN {index} BETWEEN 0 AND len(v_) - 1 THEN [v_[{index} + 1]] ELSE [] END"
    chosen = f"list_transform([{pieces}], lambda v_: {one})[1]"
    return site.give("dynamic", f"to_json({chosen})")


def _trim(template: str) -> Rule:
    def build(site: CallSite) -> Value:
        pattern = pattern_sql(site.values[0], site.scope)
        return site.give("string", template.format(pattern, site.values[1].sql), may_be_null=False)

    return built("string string", build)


_TRIM_START = "regexp_replace({1}, '^(?:' || {0} || ')', '')"
_TRIM_END = "regexp_replace({1}, '(?:' || {0} || ')$', '')"
_TRIM = "regexp_replace(regexp_replace({1}, '^(?:' || {0} || ')+', ''), '(?:' || {0} || ')+$', '')"


def _replace_regex(site: CallSite) -> Value:
    pattern = pattern_sql(site.values[1], site.scope)
    sql = f"regexp_replace({site.values[0].sql}, {pattern}, {site.values[2].sql}, 'g')"
    return site.give("string", sql, may_be_null=False)


def _extract(site: CallSite) -> Value:
    """extract(regex, group, text [, typeof(...)]): the type is taken off in `calls.py`."""
    pattern = pattern_sql(site.values[0], site.scope)
    groups = check_pattern(site.constant_text(0), site.values[0].at, site.scope)
    group = site.constant_integer(1)
    if not 0 <= group <= groups:
        raise semantic_error(site.scope.said(f"extract(): the pattern has no group {group}"), site.values[1].at)
    return site.give("string", f"regexp_extract({site.values[2].sql}, {pattern}, {group})", may_be_null=False)


def _extract_all(site: CallSite) -> Value:
    pattern = site.constant_text(0)
    groups = check_pattern(pattern, site.values[0].at, site.scope)
    if groups == 0:
        raise semantic_error(site.scope.said("extract_all(): the pattern needs a group"), site.values[0].at)
    wanted = list(range(1, groups + 1))
    if len(site.values) == 3:
        chosen = site.constant(1)
        named = chosen.value if isinstance(chosen, Json) else None
        if not isinstance(named, list) or not all(isinstance(item, int) and 1 <= item <= groups for item in named):
            raise not_supported(
                site.scope.said("extract_all(): only numbers of groups are supported"), site.values[1].at
            )
        wanted = [item for item in named if isinstance(item, int)]
    text = site.argument(-1, "string")
    lists = [f"regexp_extract_all({text}, {site.values[0].sql}, {group})" for group in wanted]
    found = lists[0] if len(lists) == 1 else f"list_zip({', '.join(lists)})"
    if len(lists) > 1:
        members = ", ".join(f"v_[{index}]" for index in range(1, len(lists) + 1))
        found = f"list_transform({found}, lambda v_: [{members}])"
    return site.give("dynamic", f"CASE WHEN len({lists[0]}) > 0 THEN to_json({found}) END")


def _countof(site: CallSite) -> Value:
    """Plain matches may overlap, those of a regular expression may not."""
    text, wanted = site.values[0].sql, site.values[1].sql
    kind = site.constant_text(2) if len(site.values) == 3 else "normal"
    if kind == "regex":
        return site.give("long", f"len(regexp_extract_all({text}, {pattern_sql(site.values[1], site.scope)}))")
    if kind != "normal":
        raise semantic_error(site.scope.said("countof(): the kind is 'normal' or 'regex'"), site.values[2].at)
    places = f"range(1, length({text}) + 1)"
    same = f"substring({text}, i_, length({wanted})) = {wanted}"
    return site.give("long", f"CASE WHEN {wanted} = '' THEN 0 ELSE len(list_filter({places}, lambda i_: {same})) END")


def _strrep(site: CallSite) -> Value:
    count = f"least(greatest({site.values[1].sql}, 0), 1024)"
    delimiter = site.values[2] if len(site.values) == 3 else constant("string", "", site.node.at)
    items = f"list_transform(range({count}), lambda i_: {site.values[0].sql})"
    return site.give("string", joined(items, delimiter), may_be_null=False)


def _extract_json(site: CallSite) -> Value:
    """extract_json("$.a.b[0]", text): the path is a constant; the type is taken off in `calls.py`."""
    path = site.constant_text(0)
    if not path.startswith("$") or "*" in path or ".." in path:
        raise not_supported(
            site.scope.said("extract_json(): only plain paths from $ are supported"), site.values[0].at
        )
    json = f"try_cast({site.values[1].sql} AS JSON)"
    return site.give("string", f"coalesce({json} ->> {site.values[0].sql}, '')", may_be_null=False)


RULES: dict[str, Rule] = {
    "base64_decode_tostring": rule("string", "string", "coalesce(TRY(decode(from_base64({0}))), '')"),
    "base64_decodestring": rule("string", "string", "coalesce(TRY(decode(from_base64({0}))), '')"),
    "base64_encode_tostring": rule("string", "string", "to_base64(encode({0}))"),
    "base64_encodestring": rule("string", "string", "to_base64(encode({0}))"),
    "countof": built("string string string?", _countof),
    "extract": built("string long string", _extract),
    "extract_all": built("string any string?", _extract_all),
    "extract_json": built("string string", _extract_json),
    "extractjson": built("string string", _extract_json),
    "hash_md5": rule("text", "string", "md5({0})"),
    "hash_sha1": rule("text", "string", "sha1({0})"),
    "hash_sha256": rule("text", "string", "sha256({0})"),
    "indexof": built("text text long? long? long?", _indexof),
    "isascii": rule("string", "bool", "regexp_full_match({0}, '[\\x00-\\x7f]*')"),
    "regex_quote": rule("string", "string", "regexp_escape({0})"),
    "replace": built("string string string", lambda site: _replace_regex(_swapped(site))),
    "replace_regex": built("string string string", _replace_regex),
    "replace_string": rule("string string string", "string", "replace({0}, {1}, {2})"),
    "reverse": rule("text", "string", "reverse({0})"),
    "split": built("string string long?", _split, takes_name=True),
    "strcat": built("text text*", _strcat),
    "strcat_delim": built("text text text*", _strcat_delim),
    "strcmp": rule(
        "string string", "long", "CAST(CASE WHEN {0} < {1} THEN -1 WHEN {0} > {1} THEN 1 ELSE 0 END AS BIGINT)"
    ),
    "string_size": rule("text", "long", "strlen({0})"),
    "strlen": rule("text", "long", "length({0})"),
    "strrep": built("text long string?", _strrep),
    "substring": built("string long long?", _substring),
    "tohex": rule(
        "long long?",
        "string",
        "lower(to_hex({0}))",
        "lpad(lower(to_hex({0})), CAST(greatest(length(to_hex({0})), least({1}, 16)) AS INTEGER), '0')",
        takes_name=True,
    ),
    "tolower": rule("string", "string", "lower({0})"),
    "toupper": rule("string", "string", "upper({0})"),
    "trim": _trim(_TRIM),
    "trim_end": _trim(_TRIM_END),
    "trim_start": _trim(_TRIM_START),
    "url_decode": rule("string", "string", "coalesce(TRY(url_decode(replace({0}, '+', ' '))), {0})"),
    "url_encode": rule("string", "string", "replace(url_encode({0}), '%20', '+')"),
    "url_encode_component": rule("string", "string", "url_encode({0})"),
}


def _swapped(site: CallSite) -> CallSite:
    """The old `replace(regex, rewrite, text)`."""
    pattern, rewrite, text = site.values
    return CallSite(node=site.node, values=(text, pattern, rewrite), scope=site.scope)
