"""Tabular operators: what follows a `|`, and what may begin a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ingate.kql.refusal import not_supported, semantic_error, syntax_error
from ingate.kql.result import KqlType
from ingate.kql.syntax.cursor import Cursor
from ingate.kql.syntax.parsing_expressions import ExpressionParser
from ingate.kql.syntax.tree import (
    Binary,
    Call,
    Converted,
    Defaulted,
    Expression,
    Literal,
    Logical,
    Name,
    Operator,
    Parameters,
    Pipeline,
    SortKey,
    Star,
)

ALIASES = {
    "filter": "where",
    "limit": "take",
    "order": "sort",
    "mvexpand": "mv-expand",
    "mvapply": "mv-apply",
}
UNSUPPORTED_OPERATORS = frozenset(
    {
        "assert-schema",
        "consume",
        "execute-and-cache",
        "externaldata",
        "external_data",
        "facet",
        "find",
        "fork",
        "graph-mark-components",
        "graph-match",
        "graph-shortest-paths",
        "graph-to-table",
        "graph-where-edges",
        "graph-where-nodes",
        "inline_external_table",
        "invoke",
        "macro-expand",
        "make-graph",
        "parse-kv",
        "partition",
        "partition-by",
        "reduce",
        "sample-distinct",
        "scan",
        "top-hitters",
        "top-nested",
    }
)
_PARAMETER_NAMES = frozenset(
    {
        "bagexpansion",
        "flags",
        "isfuzzy",
        "kind",
        "with_itemindex",
        "with_source",
        "withsource",
        "decodeblocks",
        "expandoutput",
    }
)


class OperatorParser:
    def __init__(
        self,
        cursor: Cursor,
        expressions: ExpressionParser,
        parse_pipe: Callable[[], Expression],
        parse_type: Callable[[], KqlType],
        parse_body: Callable[[], Pipeline],
    ) -> None:
        self._cursor = cursor
        self._expressions = expressions
        self._parse_pipe = parse_pipe
        self._parse_type = parse_type
        self._parse_body = parse_body
        plain = {"project-away": self._parse_patterns, "project-keep": self._parse_patterns}
        self._parsers: dict[str, Callable[[Operator], Operator]] = {
            "as": self._parse_as,
            "count": lambda operator: operator,
            "distinct": self._parse_items,
            "evaluate": self._parse_evaluate,
            "extend": self._parse_items,
            "getschema": lambda operator: operator,
            "join": self._parse_join,
            "lookup": self._parse_join,
            "make-series": self._parse_make_series,
            "mv-apply": self._parse_mv_apply,
            "mv-expand": self._parse_mv_expand,
            "parse": self._parse_parse,
            "parse-where": self._parse_parse,
            "project": self._parse_items,
            "project-rename": self._parse_items,
            "project-reorder": self._parse_reorder,
            "render": self._parse_render,
            "sample": self._parse_count,
            "search": self._parse_search,
            "serialize": self._parse_items,
            "sort": self._parse_sort,
            "summarize": self._parse_summarize,
            "take": self._parse_count,
            "top": self._parse_top,
            "union": self._parse_union,
            "where": self._parse_where,
            **plain,
        }

    # the beginning of a pipeline

    def parse_source(self) -> Operator | None:
        """`print`, `range`, `datatable`, `union`, `search`: or None, when what stands here is an expression."""
        cursor = self._cursor
        if cursor.token.kind != "name":
            return None
        word, following = cursor.token.text, cursor.ahead()
        begins_operand = following.kind in ("name", "string", "number", "timespan", "literal") or following.text in (
            "(",
            "*",
        )
        if word == "range" and following.kind == "name" and cursor.ahead(2).text == "from":
            return self._parse_range()
        if word == "datatable" and following.text == "(":
            return self._parse_datatable()
        if word == "print" and (begins_operand or following.text in ("-", "[")):
            cursor.take()
            return self._parse_items(Operator(at=cursor.at, keyword="print"))
        if word in ("union", "search", "find") and begins_operand:
            return self.parse_operator()
        if (
            word in ("externaldata", "external_data", "inline_external_table", "evaluate", "macro-expand")
            and begins_operand
        ):
            raise not_supported(f"'{word}' is not supported as a table", cursor.at)
        return None

    def _parse_range(self) -> Operator:
        cursor = self._cursor
        at = cursor.take().at
        name = cursor.expect_name().value
        bounds: list[Expression] = []
        for word in ("from", "to", "step"):
            cursor.expect(word)
            bounds.append(self._expressions.parse())
        return Operator(at=at, keyword="range", words=(name,), items=tuple(bounds))

    def _parse_datatable(self) -> Operator:
        cursor = self._cursor
        at = cursor.take().at
        types = self._parse_typed_names()
        cursor.expect("[")
        items: list[Expression] = []
        while not cursor.is_symbol("]"):
            items.append(self._expressions.parse_sum())
            if not cursor.accept(","):
                break
        cursor.expect("]")
        return Operator(at=at, keyword="datatable", types=types, items=tuple(items))

    def _parse_typed_names(self) -> tuple[tuple[str, KqlType], ...]:
        cursor = self._cursor
        cursor.expect("(")
        types: list[tuple[str, KqlType]] = []
        while True:
            name = cursor.expect_name().value
            cursor.expect(":")
            types.append((name, self._parse_type()))
            if not cursor.accept(","):
                break
        cursor.expect(")")
        return tuple(types)

    # the steps

    def parse_operator(self) -> Operator:
        cursor = self._cursor
        if cursor.token.kind != "name":
            raise cursor.unexpected("an operator")
        at = cursor.at
        written = cursor.word_with_dashes()
        keyword = ALIASES.get(written, written)
        if keyword in UNSUPPORTED_OPERATORS:
            raise not_supported(f"The operator '{written}' is not supported", at)
        parser = self._parsers.get(keyword)
        if parser is None:
            raise syntax_error(f"'{written}' is no operator", at)
        cursor.take_word_with_dashes()
        with cursor.deeper():
            return parser(Operator(at=at, keyword=keyword, parameters=self._parse_parameters()))

    def _parse_parameters(self) -> Parameters:
        cursor = self._cursor
        parameters: list[tuple[str, Expression]] = []
        while cursor.token.kind == "name":
            if cursor.token.text == "hint" and cursor.ahead().text == ".":
                self._skip_hint()
            elif cursor.token.text in _PARAMETER_NAMES and cursor.ahead().text == "=":
                name = cursor.take().text
                cursor.take()
                parameters.append((name, self._parse_parameter_value()))
            else:
                break
        return tuple(parameters)

    def _skip_hint(self) -> None:
        """Hints say how Kusto's cluster shares the work; answers are the same."""
        cursor = self._cursor
        cursor.take()
        while cursor.accept("."):
            cursor.expect_name()
        cursor.expect("=")
        self._parse_parameter_value()

    def _parse_parameter_value(self) -> Expression:
        """One word or literal: `kind=inner (T)` is no call of `inner`."""
        cursor = self._cursor
        if cursor.token.kind == "name":
            token = cursor.take()
            return Name(at=token.at, name=token.value)
        if cursor.token.kind in ("string", "number", "timespan", "literal"):
            return self._expressions.parse_path()
        raise cursor.unexpected("a value")

    def _parse_items(self, operator: Operator) -> Operator:
        return replace(operator, items=self._parse_list(self._expressions.parse_named))

    def _parse_list(self, parse: Callable[[], Expression]) -> tuple[Expression, ...]:
        cursor = self._cursor
        if cursor.token.kind == "end" or cursor.is_symbol("|", ")", ";", "}"):
            return ()
        items = [parse()]
        while cursor.accept(","):
            items.append(parse())
        return tuple(items)

    def _parse_where(self, operator: Operator) -> Operator:
        return replace(operator, items=(self._expressions.parse(),))

    def _parse_count(self, operator: Operator) -> Operator:
        return replace(operator, items=(self._expressions.parse_sum(),))

    def _parse_as(self, operator: Operator) -> Operator:
        return replace(operator, words=(self._cursor.expect_name().value,))

    def _parse_patterns(self, operator: Operator) -> Operator:
        return replace(operator, items=self._parse_list(self._parse_pattern))

    def _parse_pattern(self) -> Expression:
        """A name in which `*` stands for anything."""
        cursor = self._cursor
        at = cursor.at
        if not (cursor.token.kind == "name" or cursor.is_symbol("*")):
            return Name(at=at, name=cursor.expect_name().value)
        token = cursor.take()
        pattern, end = token.text, token.end
        while cursor.at == end and (cursor.token.kind == "name" or cursor.is_symbol("*")):
            token = cursor.take()
            pattern, end = pattern + token.text, token.end
        return Name(at=at, name=pattern)

    def _parse_reorder(self, operator: Operator) -> Operator:
        return replace(operator, items=self._parse_list(self._parse_reorder_item))

    def _parse_reorder_item(self) -> Expression:
        cursor = self._cursor
        pattern = self._parse_pattern()
        if cursor.is_word("asc", "desc", "granny-asc", "granny-desc"):
            word = cursor.word_with_dashes()
            if word not in ("asc", "desc"):
                raise not_supported(f"'{word}' is not supported", cursor.at)
            cursor.take()
            return SortKey(at=pattern.at, value=pattern, descending=word == "desc", nulls_first=None)
        return pattern

    def _parse_sort(self, operator: Operator) -> Operator:
        self._cursor.expect("by")
        return replace(operator, by=self._parse_list(self._parse_sort_key))

    def _parse_sort_key(self) -> Expression:
        cursor = self._cursor
        at = cursor.at
        value = self._expressions.parse_named()
        descending = True
        if cursor.is_word("asc", "desc"):
            descending = cursor.take().text == "desc"
        nulls_first: bool | None = None
        if cursor.accept("nulls"):
            if not cursor.is_word("first", "last"):
                raise cursor.unexpected("'first' or 'last'")
            nulls_first = cursor.take().text == "first"
        return SortKey(at=at, value=value, descending=descending, nulls_first=nulls_first)

    def _parse_top(self, operator: Operator) -> Operator:
        count = self._expressions.parse_sum()
        self._cursor.expect("by")
        return replace(operator, items=(count,), by=self._parse_list(self._parse_sort_key))

    def _parse_summarize(self, operator: Operator) -> Operator:
        aggregates = () if self._cursor.is_word("by") else self._parse_list(self._expressions.parse_named)
        by = self._parse_list(self._expressions.parse_named) if self._cursor.accept("by") else ()
        if not aggregates and not by:
            raise self._cursor.unexpected("an aggregate or 'by'")
        return replace(operator, items=aggregates, by=by)

    def _parse_join(self, operator: Operator) -> Operator:
        cursor = self._cursor
        table = self._expressions.parse_path()
        late = self._parse_parameters()
        by: tuple[Expression, ...] = ()
        if cursor.accept("on"):
            by = self._parse_list(self._expressions.parse)
        elif cursor.is_word("where"):
            raise not_supported("'join ... where' is not supported; use 'on'", cursor.at)
        if not by:
            raise cursor.unexpected("'on'")
        return replace(operator, table=table, by=by, parameters=operator.parameters + late)

    def _parse_union(self, operator: Operator) -> Operator:
        return replace(operator, items=self._parse_list(self._parse_union_item))

    def _parse_union_item(self) -> Expression:
        cursor = self._cursor
        following = cursor.ahead()
        if cursor.token.kind == "name" and (following.text != "*" or following.at != cursor.token.end):
            return self._expressions.parse_path()
        if cursor.token.kind == "name" or cursor.is_symbol("*"):
            return self._parse_pattern()
        return self._expressions.parse_path()

    def _parse_search(self, operator: Operator) -> Operator:
        cursor = self._cursor
        tables: tuple[Expression, ...] = ()
        if cursor.is_word("in") and cursor.ahead().text == "(":
            cursor.take()
            cursor.expect("(")
            tables = self._parse_list(self._parse_union_item)
            cursor.expect(")")
        return replace(operator, by=tables, items=(self._parse_search_or(),))

    def _parse_search_or(self) -> Expression:
        def chain(word: str, parse: Callable[[], Expression]) -> Expression:
            at = self._cursor.at
            operands = [parse()]
            while self._cursor.accept(word):
                operands.append(parse())
            return operands[0] if len(operands) == 1 else Logical(at=at, operator=word, operands=tuple(operands))

        with self._cursor.deeper():
            return chain("or", lambda: chain("and", self._parse_search_term))

    def _parse_search_term(self) -> Expression:
        cursor = self._cursor
        at = cursor.at
        if cursor.is_word("not") and cursor.ahead().text == "(":
            cursor.take()
            cursor.expect("(")
            inner = self._parse_search_or()
            cursor.expect(")")
            return Call(at=at, name="not", arguments=(inner,))
        if cursor.accept("("):
            inner = self._parse_search_or()
            cursor.expect(")")
            return inner
        if (
            cursor.is_symbol("*")
            and cursor.ahead().kind in ("name", "symbol")
            and cursor.ahead().text not in ("and", "or", ")", "|")
        ):
            raise not_supported("'search * <operator>' is not supported; write the term alone", at)
        if cursor.token.kind == "name" and cursor.ahead().text == ":":
            column = cursor.take()
            cursor.take()
            return Binary(
                at=at, operator=":", left=Name(at=at, name=column.value), right=self._expressions.parse_path()
            )
        return self._expressions.parse_comparison()

    def _parse_mv_expand(self, operator: Operator) -> Operator:
        items = self._parse_list(self._parse_converted)
        limit = self._parse_limit()
        if not items:
            raise self._cursor.unexpected("a column")
        return replace(operator, items=items, by=limit)

    def _parse_converted(self) -> Expression:
        cursor = self._cursor
        at = cursor.at
        value = self._expressions.parse_named()
        kql_type: KqlType | None = None
        if cursor.accept("to"):
            cursor.expect("typeof")
            cursor.expect("(")
            kql_type = self._parse_type()
            cursor.expect(")")
        return Converted(at=at, value=value, type=kql_type)

    def _parse_limit(self) -> tuple[Expression, ...]:
        return (self._expressions.parse_sum(),) if self._cursor.accept("limit") else ()

    def _parse_mv_apply(self, operator: Operator) -> Operator:
        operator = self._parse_mv_expand(operator)
        self._cursor.expect("on")
        self._cursor.expect("(")
        body = self._parse_body()
        self._cursor.expect(")")
        return replace(operator, table=body)

    def _parse_make_series(self, operator: Operator) -> Operator:
        cursor = self._cursor
        aggregates = self._parse_list(self._parse_defaulted)
        cursor.expect("on")
        axis = self._expressions.parse_named()
        if cursor.is_word("in"):
            raise not_supported("'make-series ... in range(...)' is not supported; use from, to and step", cursor.at)
        words = ("from", "to", "step")
        bounds = [(word, self._expressions.parse_sum()) for word in words if cursor.accept(word)]
        if not any(word == "step" for word, _ in bounds):
            raise cursor.unexpected("'step'")
        by = self._parse_list(self._expressions.parse_named) if cursor.accept("by") else ()
        return replace(operator, items=aggregates, table=axis, by=by, parameters=operator.parameters + tuple(bounds))

    def _parse_defaulted(self) -> Expression:
        at = self._cursor.at
        value = self._expressions.parse_named()
        default: Expression | None = None
        if self._cursor.accept("default"):
            self._cursor.expect("=")
            default = self._expressions.parse_sum()
        return Defaulted(at=at, value=value, default=default)

    def _parse_parse(self, operator: Operator) -> Operator:
        cursor = self._cursor
        value = self._expressions.parse_sum()
        cursor.expect("with")
        pieces: list[Expression] = []
        while cursor.token.kind in ("string", "name") or cursor.is_symbol("*", "["):
            pieces.append(self._parse_parse_piece())
        if not pieces:
            raise cursor.unexpected("a pattern")
        return replace(operator, items=(value, *pieces))

    def _parse_parse_piece(self) -> Expression:
        cursor = self._cursor
        at = cursor.at
        if cursor.accept("*"):
            return Star(at=at)
        if cursor.token.kind == "string":
            return Literal(at=at, type="string", value=cursor.take().value)
        name = Name(at=at, name=cursor.expect_name().value)
        return Converted(at=at, value=name, type=self._parse_type() if cursor.accept(":") else "string")

    def _parse_evaluate(self, operator: Operator) -> Operator:
        cursor = self._cursor
        call = self._expressions.parse_path()
        types = self._parse_typed_names() if cursor.accept(":") else ()
        return replace(operator, items=(call,), types=types)

    def _parse_render(self, operator: Operator) -> Operator:
        cursor = self._cursor
        words: list[str] = [cursor.expect_name().value]
        if cursor.accept("with"):
            cursor.expect("(")
            while not cursor.is_symbol(")"):
                words.append(cursor.expect_name().value)
                cursor.expect("=")
                words.append(self._parse_render_value())
                if not cursor.accept(","):
                    break
            cursor.expect(")")
        elif cursor.is_word("kind") and cursor.ahead().text == "=":
            cursor.take()
            cursor.take()
            words += ["kind", cursor.expect_name().value]
        if not (cursor.token.kind == "end" or cursor.is_symbol(";", ")")):
            raise semantic_error("'render' must be the last operator of a query", cursor.at)
        return replace(operator, words=tuple(words))

    def _parse_render_value(self) -> str:
        """`render` takes words, strings, numbers, and for `series` and `ycolumns` names one after the other."""
        cursor = self._cursor
        pieces: list[str] = []
        while cursor.token.kind != "end" and not cursor.is_symbol(")", ";", "|"):
            named_next = cursor.ahead().kind == "name" and cursor.ahead(2).text == "="
            if cursor.is_symbol(",") and (named_next or cursor.ahead().text == ")"):
                break
            pieces.append(cursor.take().value)
        return "".join(pieces)
