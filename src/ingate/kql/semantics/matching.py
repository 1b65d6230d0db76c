"""The string operators: =~, has, contains, startswith, matches regex, in, has_any ...

Terms follow "String operators" of the KQL reference: a term is a maximal run of letters and digits, so `has "b"`
finds
`a-b` and not `ab`. Regular expressions are RE2 in Kusto and in DuckDB.
"""

from __future__ import annotations

from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.rendering import quote_text, render_constant
from ingate.kql.semantics.comparing import comparable, text_operand
from ingate.kql.semantics.conversion import as_text, converted
from ingate.kql.semantics.patterns import escape, group_count
from ingate.kql.semantics.scope import LetTable, Scope
from ingate.kql.semantics.values import Value, constant
from ingate.kql.syntax.tree import Binary, Call, Expression, Json, Membership, Name, Operator, Pipeline, Star

_EDGE = r"[^\pL\pN]"


def compile_match(node: Binary, scope: Scope) -> Value:
    if isinstance(node.left, Star):
        return _match_anywhere(node, scope)
    left, right = scope.scalar(node.left), scope.scalar(node.right)
    text = text_operand(left, node.operator, scope)
    if node.operator == "matches regex":
        return _truth(f"regexp_matches({text}, {pattern_sql(right, scope)})", node.at)
    operator = node.operator.removeprefix("!") if node.operator != "!~" else "=~"
    sql = match_sql(operator, text, right, scope)
    return _truth(f"(NOT {sql})" if node.operator.startswith("!") else sql, node.at)


def _match_anywhere(node: Binary, scope: Scope) -> Value:
    """`* has "term"`: in some column."""
    if node.operator.startswith("!") or node.operator == "matches regex" or scope.row is None:
        raise not_supported(scope.said(f"'* {node.operator}' is not supported"), node.at)
    needle = scope.scalar(node.right)
    columns = [as_text(field.value(node.at)) for field in scope.row.fields]
    found = " OR ".join(match_sql(node.operator, text, needle, scope) for text in columns)
    return _truth(f"({found})" if found else "false", node.at)


def _truth(sql: str, at: int) -> Value:
    return Value(sql=sql, type="bool", at=at, may_be_null=False)


def match_sql(operator: str, text: str, needle: Value, scope: Scope) -> str:
    """One string operator, not negated."""
    pattern = text_operand(needle, operator, scope)
    if operator == "=~":
        return f"(lower({text}) = lower({pattern}))"
    case_sensitive = operator.endswith("_cs")
    name = operator.removesuffix("_cs")
    if name in ("has", "hasprefix", "hassuffix"):
        return _match_term(name, text, needle, pattern, case_sensitive)
    function = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}[name]
    return f"{function}({text}, {pattern})" if case_sensitive else f"{function}(lower({text}), lower({pattern}))"


def _match_term(name: str, text: str, needle: Value, pattern: str, case_sensitive: bool) -> str:
    known = needle.known.value if needle.known is not None else None
    prefix = "" if case_sensitive else "(?i)"
    if isinstance(known, str):
        if not known:
            return "true"
        before = f"(?:^|{_EDGE})" if name != "hassuffix" and known[0].isalnum() else ""
        after = f"(?:$|{_EDGE})" if name != "hasprefix" and known[-1].isalnum() else ""
        if not (before or after):
            plain = f"contains({text}, {pattern})"
            return plain if case_sensitive else f"contains(lower({text}), lower({pattern}))"
        return f"regexp_matches({text}, {quote_text(prefix + before + escape(known) + after)})"
    before = f"(?:^|{_EDGE})" if name != "hassuffix" else ""
    after = f"(?:$|{_EDGE})" if name != "hasprefix" else ""
    return f"regexp_matches({text}, '{prefix}{before}' || regexp_escape({pattern}) || '{after}')"


def pattern_sql(pattern: Value, scope: Scope) -> str:
    """A regular expression. A constant one is checked here, where its position is known."""
    if pattern.known is not None and isinstance(pattern.known.value, str):
        check_pattern(pattern.known.value, pattern.at, scope)
    return text_operand(pattern, "matches regex", scope)


def check_pattern(pattern: str, at: int, scope: Scope) -> int:
    """How many groups it has."""
    groups = group_count(pattern)
    if isinstance(groups, str):
        raise semantic_error(scope.said(f"'{pattern}' is no regular expression of RE2: {groups}"), at)
    return groups


def compile_membership(node: Membership, scope: Scope) -> Value:
    if node.operator in ("has_any", "has_all"):
        return _compile_has_several(node, scope)
    negated, ignoring_case = node.operator.startswith("!"), node.operator.endswith("~")
    left = scope.scalar(node.left)
    items = list(node.items)
    if len(items) == 1 and is_table(items[0], scope):
        return _in_table(left, items[0], negated, ignoring_case, node.at, scope)
    values = _members([scope.scalar(item) for item in items])
    if len(values) == 1 and values[0].type == "dynamic":
        return _in_array(left, values[0], negated, ignoring_case, node.at)
    return _in_values(left, values, negated, ignoring_case, node.at, scope)


def is_table(node: Expression, scope: Scope) -> bool:
    """Whether an expression is a table: a pipeline, a table's name, a let that is one."""
    if isinstance(node, Pipeline | Operator):
        return True
    if isinstance(node, Call):
        return node.name in ("materialize", "table", "view")
    if not isinstance(node, Name):
        return False
    binding = scope.names.get(node.name)
    if binding is not None:
        return isinstance(binding, LetTable)
    known_column = scope.row is not None and scope.row.field(node.name) is not None
    return not known_column and node.name in scope.compilation.schema


def _members(values: list[Value]) -> list[Value]:
    """Constant arrays among the values stand for their elements."""
    members: list[Value] = []
    for value in values:
        array = value.known.value if value.known is not None else None
        if isinstance(array, Json) and isinstance(array.value, list):
            members.extend(_member(item, value) for item in array.value)
        else:
            members.append(value)
    return members


def _member(item: object, value: Value) -> Value:
    if isinstance(item, str):
        return constant("string", item, value.at)
    if isinstance(item, bool):
        return constant("bool", item, value.at)
    if isinstance(item, int):
        return constant("long", item, value.at)
    if isinstance(item, float):
        return constant("real", item, value.at)
    return Value(sql="CAST(NULL AS JSON)", type="dynamic", at=value.at)


def _in_values(left: Value, values: list[Value], negated: bool, ignoring_case: bool, at: int, scope: Scope) -> Value:
    if not values:
        return _truth("true" if negated else "false", at)
    pairs = [comparable(left, value, value.at, scope) for value in values]
    is_text = all(pair[0].type == "string" for pair in pairs)
    if ignoring_case or is_text:
        return _in_texts(left, [pair[1] for pair in pairs], negated, ignoring_case, at)
    subject = pairs[0][0]
    if len({pair[0].type for pair in pairs}) > 1:
        subject = converted(left, "real")
        pairs = [(subject, converted(pair[1], "real")) for pair in pairs]
    listed = ", ".join(pair[1].sql for pair in pairs)
    plain = f"({subject.sql} IN ({listed}))"
    safe = f"coalesce({plain}, false)"
    return Value(
        sql=f"(NOT {safe})" if negated else safe,
        type="bool",
        at=at,
        may_be_null=False,
        filter_sql=None if negated else plain,
    )


def _in_texts(left: Value, values: list[Value], negated: bool, ignoring_case: bool, at: int) -> Value:
    fold = "lower({})" if ignoring_case else "{}"
    listed = ", ".join(fold.format(as_text(value)) for value in values)
    sql = f"({fold.format(as_text(left))} IN ({listed}))"
    filled = all(value.known is not None and value.known.value not in ("", None) for value in values)
    plain = (
        f"({left.sql} IN ({listed}))"
        if filled and not negated and not ignoring_case and left.type == "string"
        else None
    )
    return Value(sql=f"(NOT {sql})" if negated else sql, type="bool", at=at, may_be_null=False, filter_sql=plain)


def _in_array(left: Value, array: Value, negated: bool, ignoring_case: bool, at: int) -> Value:
    fold = "lower({})" if ignoring_case else "{}"
    element = fold.format("(v_ ->> '$')")
    items = f"list_transform(json_extract({array.sql}, '$[*]'), lambda v_: {element})"
    sql = f"coalesce(list_contains({items}, {fold.format(as_text(left))}), false)"
    return _truth(f"(NOT {sql})" if negated else sql, at)


def _in_table(left: Value, node: Expression, negated: bool, ignoring_case: bool, at: int, scope: Scope) -> Value:
    table = scope.table(node)
    if not table.fields:
        raise semantic_error(scope.said("'in' takes a table with a column"), node.at)
    field = table.fields[0].value(node.at)
    a, b = comparable(left, field, at, scope)
    fold = "lower({})" if ignoring_case else "{}"
    column, subject = fold.format(as_text(b) if b.type == "string" else b.sql), a
    selected = table.filtered(f"{b.sql} IS NOT NULL") if b.type != "string" else table
    listed = selected.render_select([column])
    sql = (
        f"coalesce({fold.format(as_text(subject) if subject.type == 'string' else subject.sql)} IN ({listed}), false)"
    )
    return _truth(f"(NOT {sql})" if negated else sql, at)


def _compile_has_several(node: Membership, scope: Scope) -> Value:
    left = scope.scalar(node.left)
    text = text_operand(left, node.operator, scope)
    values = _members([scope.scalar(item) for item in node.items if not _refuse_table(item, node, scope)])
    for value in values:
        if value.type == "dynamic":
            raise semantic_error(scope.said(f"'{node.operator}' takes strings or a constant array"), value.at)
    joiner = " OR " if node.operator == "has_any" else " AND "
    sql = joiner.join(match_sql("has", text, value, scope) for value in values)
    return _truth(f"({sql})" if values else render_constant("bool", node.operator == "has_all"), node.at)


def _refuse_table(item: Expression, node: Membership, scope: Scope) -> bool:
    if is_table(item, scope):
        raise semantic_error(scope.said(f"'{node.operator}' with a table is not supported; list the terms"), item.at)
    return False
