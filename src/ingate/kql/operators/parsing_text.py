"""parse and parse-where: columns out of a text.

The pattern becomes one regular expression. A text column takes as little as it can, the last one all that is left; a
typed column takes what looks like its type. In kind `simple`, the default, a value that does not convert fails the
whole
row, whose new columns are then empty; `relaxed` leaves that column null. `parse-where` drops rows that fail.
"""

from __future__ import annotations

from dataclasses import replace

from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.rendering import quote_text
from ingate.kql.result import KqlType
from ingate.kql.semantics.comparing import text_operand
from ingate.kql.semantics.conversion import converted
from ingate.kql.semantics.layers import Output, layer, outputs_of
from ingate.kql.semantics.matching import check_pattern
from ingate.kql.semantics.patterns import escape
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Converted, Expression, Literal, Name, Operator, Star

_TYPED = {
    "bool": "([Tt]rue|[Ff]alse|[01])",
    "decimal": r"([-+]?\d+(?:\.\d+)?)",
    "guid": "([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})",
    "int": r"([-+]?\d+)",
    "long": r"([-+]?\d+)",
    "real": r"([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)",
}


def compile_parse(node: Operator, relation: Relation, scope: Scope) -> Relation:
    kind = _kind(node, scope)
    pieces = node.items[1:]
    columns = [piece for piece in pieces if isinstance(piece, Converted)]
    if not columns:
        raise semantic_error(scope.said("the pattern has no column"), node.at)
    pattern = _pattern(pieces, kind, _flags(node, kind, scope), scope)
    text = text_operand(scope.scalar(node.items[0]), node.keyword, scope)
    groups = ", ".join(f"'g{index}'" for index in range(len(columns)))
    matched = Value(sql=f"regexp_matches({text}, {quote_text(pattern)})", type="bool", at=node.at, may_be_null=False)
    found = Value(sql=f"regexp_extract({text}, {quote_text(pattern)}, [{groups}])", type="string", at=node.at)
    base = layer(
        scope.compilation,
        relation,
        [*outputs_of(relation), Output(name="matched", value=matched), Output(name="found", value=found)],
    )
    return _columns(node, base, columns, kind, scope)


def _kind(node: Operator, scope: Scope) -> str:
    for name, value in node.parameters:
        if name == "flags":
            continue
        if name != "kind":
            raise not_supported(scope.said(f"'{name}' is not supported"), value.at)
        if not isinstance(value, Name) or value.name not in ("simple", "regex", "relaxed"):
            raise semantic_error(scope.said("the kind is simple, regex or relaxed"), value.at)
        return value.name
    return "simple"


def _flags(node: Operator, kind: str, scope: Scope) -> str:
    """RE2's, of kind `regex` alone: i (case), m (lines), s (a dot is a line's end, too), U (ungreedy)."""
    for name, value in node.parameters:
        if name == "flags":
            text = value.name if isinstance(value, Name) else str(getattr(value, "value", ""))
            if kind != "regex" or not text or set(text) - set("ims"):
                raise not_supported(scope.said("flags are i, m and s, of kind regex"), value.at)
            return "".join(sorted({*text, "s"}))
    return "s"


def _pattern(pieces: tuple[Expression, ...], kind: str, flags: str, scope: Scope) -> str:
    is_regex = kind == "regex"
    parts = [f"(?{flags})^"]
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else None
        if isinstance(piece, Star):
            parts.append(".*?" if following is not None else ".*")
        elif isinstance(piece, Literal) and isinstance(piece.value, str):
            if is_regex and check_pattern(piece.value, piece.at, scope):
                raise not_supported(scope.said("groups in the pattern are not supported; write (?:...)"), piece.at)
            parts.append(f"(?:{piece.value})" if is_regex else escape(piece.value))
        elif isinstance(piece, Converted):
            parts.append(_group(piece, following, scope, is_typed=kind != "relaxed"))
    return "".join(parts) + "$"


def _group(piece: Converted, following: Expression | None, scope: Scope, *, is_typed: bool) -> str:
    kql_type: KqlType = piece.type or "string"
    if kql_type in _TYPED and (is_typed or isinstance(following, Star)):
        return _TYPED[kql_type]
    if kql_type == "dynamic":
        raise semantic_error(scope.said("a column cannot be dynamic; parse it as a string"), piece.at)
    if following is None:
        return "(.*)"
    if not isinstance(following, Literal):
        raise semantic_error(
            scope.said("a text must stand between two columns, or between a column and '*'"), piece.at
        )
    return "(.*?)"


def _columns(node: Operator, base: Relation, columns: list[Converted], kind: str, scope: Scope) -> Relation:
    matched, found = base.fields[-2], base.fields[-1]
    typed: list[Output] = []
    failed: list[str] = []
    for index, column in enumerate(columns):
        text = Value(sql=f"{found.sql}.g{index}", type="string", at=column.at, may_be_null=False)
        value = converted(text, column.type or "string")
        name = column.value.name if isinstance(column.value, Name) else ""
        typed.append(Output(name=name, value=value))
        if value.type != "string":
            failed.append(f"{value.sql} IS NULL")
    success = matched.sql
    if kind != "relaxed" and failed:
        success = f"({matched.sql} AND NOT ({' OR '.join(failed)}))"
    outputs = [Output(name=field.name, value=field.value(0)) for field in base.fields[:-2]]
    places = {output.name: index for index, output in enumerate(outputs)}
    for output in typed:
        other = "''" if output.value.type == "string" else "NULL"
        sql = f"CASE WHEN {success} THEN {output.value.sql} ELSE {other} END"
        may_be_null = output.value.type != "string"
        value = Value(sql=sql, type=output.value.type, at=node.at, may_be_null=may_be_null)
        final = replace(output, value=value)
        if output.name in places:
            outputs[places[output.name]] = final
        else:
            places[output.name] = len(outputs)
            outputs.append(final)
    kept = base.filtered(success) if node.keyword == "parse-where" else base
    return layer(scope.compilation, kept, outputs)
