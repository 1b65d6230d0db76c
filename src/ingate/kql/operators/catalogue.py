"""All tabular operators, by keyword: those that follow a `|`, and those that begin a pipeline."""

from __future__ import annotations

from collections.abc import Callable

from ingate.kql.operators import (
    evaluating,
    expanding,
    filtering,
    joining,
    making_series,
    parsing_text,
    projecting,
    searching,
    sorting,
    sources,
    summarizing,
    uniting,
)
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scope import Scope
from ingate.kql.syntax.tree import Operator

OPERATORS: dict[str, Callable[[Operator, Relation, Scope], Relation]] = {
    "as": filtering.compile_as,
    "count": summarizing.compile_count,
    "distinct": summarizing.compile_distinct,
    "evaluate": evaluating.compile_evaluate,
    "extend": projecting.compile_extend,
    "getschema": filtering.compile_getschema,
    "join": joining.compile_join,
    "lookup": joining.compile_lookup,
    "make-series": making_series.compile_make_series,
    "mv-apply": expanding.compile_mv_apply,
    "mv-expand": expanding.compile_mv_expand,
    "parse": parsing_text.compile_parse,
    "parse-where": parsing_text.compile_parse,
    "project": projecting.compile_project,
    "project-away": projecting.compile_project_away,
    "project-keep": projecting.compile_project_keep,
    "project-rename": projecting.compile_project_rename,
    "project-reorder": projecting.compile_project_reorder,
    "render": filtering.compile_render,
    "sample": sorting.compile_sample,
    "search": searching.compile_search,
    "serialize": projecting.compile_serialize,
    "sort": sorting.compile_sort,
    "summarize": summarizing.compile_summarize,
    "take": sorting.compile_take,
    "top": sorting.compile_top,
    "union": uniting.compile_union,
    "where": filtering.compile_where,
}

SOURCES: dict[str, Callable[[Operator, Scope], Relation]] = {
    "datatable": sources.compile_datatable,
    "print": sources.compile_print,
    "range": sources.compile_range,
    "search": searching.compile_search_source,
    "union": uniting.compile_union_source,
}
