"""What expressions come to, written as in an ARM template and as in Bicep."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingate.cli.apply.problem import Place, PlaceError
from ingate.cli.apply.template.arm_expressions import parse_text
from ingate.cli.apply.template.bicep_expressions import ExpressionParser
from ingate.cli.apply.template.bicep_lexer import lex
from ingate.cli.apply.template.evaluator import Evaluator, Scope
from ingate.cli.apply.template.model import Call, Name


class Nowhere:
    """No parameters, no resources."""

    def find_name(self, name: Name) -> object:
        raise PlaceError(name.place, f"nothing is named {name.name!r} here")

    def call(self, call: Call, arguments: Sequence[object]) -> object:
        raise KeyError(call.name)


def evaluate_arm(text: str) -> object:
    return Evaluator(Nowhere()).settle(parse_text(text, Place(1, 1)), Scope())


def evaluate_bicep(text: str) -> object:
    return Evaluator(Nowhere()).settle(ExpressionParser(lex(text)).parse(), Scope())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain [text]", "plain [text]"),
        ("[[escaped]", "[escaped]"),
        ("[concat('it''s ', 'so', 1, true())]", "it's so1True"),
        ("[concat(createArray(1), createArray(2))]", [1, 2]),
        ("[format('{0}-{1}-{{0}}', 'a', 2)]", "a-2-{0}"),
        ("[if(equals(1, 1), 'yes', div(1, 0))]", "yes"),
        ("[union(createObject('a', 1), createObject('b', 2))]", {"a": 1, "b": 2}),
        ("[union(createArray(1, 2), createArray(2, 3))]", [1, 2, 3]),
        ("[range(3, 2)]", [3, 4]),
        ("[empty('')]", True),
        ("[length(createObject('a', 1))]", 1),
        ("[toUpper(substring('claude', 0, 2))]", "CL"),
        ("[json('{\"a\": [1, 2]}').A[1]]", 2),
        ("[and(true(), not(false()))]", True),
        ("[or(false(), less(2, 1))]", False),
        ("[coalesce(null(), 'x')]", "x"),
        ("[split('a,b;c', createArray(',', ';'))]", ["a", "b", "c"]),
        ("[join(map(range(0, 3), lambda('i', mul(lambdaVariables('i'), 2))), '/')]", "0/2/4"),
        ("[mod(-7, 3)]", -1),
        ("[string(createObject('a', createArray(1)))]", '{"a":[1]}'),
        ("[intersection(createArray(1, 2), createArray(2))]", [2]),
        ("[first(skip(createArray(1, 2, 3), 1))]", 2),
        ("[padLeft(7, 3, '0')]", "007"),
        ("[createObject('a', 1).?b]", None),
    ],
)
def test_arm_expressions(text: str, value: object) -> None:
    assert evaluate_arm(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a${1 + 2}b${'c${true}'}'", "a3bcTrue"),
        (r"'\'\\\n\u{e9}\${x}'", "'\\\né${x}"),
        ("'''\nas 'it' ${is}\n'''", "as 'it' ${is}\n"),
        ("1 + 2 * 3 - 4 / 2 % 3", 5),
        ("-(1 - 3)", 2),
        ("1 < 2 && 'a' != 'b' || false", True),
        ("'A' =~ 'a' && 'A' !~ 'b'", True),
        ("false\n  ? 'a'\n  : true ? 'b' : 'c'", "b"),
        ("null ?? 'x'", "x"),
        ("{ a: { b: [1, 2] } }.a.b[1]", 2),
        ("{ a: 1 }.?b ?? 5", 5),
        ("{\n  a: 1\n  'b-${1}': 2 // why\n  ...{ c: 3 }\n}", {"a": 1, "b-1": 2, "c": 3}),
        ("[for x in [1, 2]: x * 2]", [2, 4]),
        ("[for (x, i) in ['a', 'b']: '${i}${x}']", ["0a", "1b"]),
        ("filter(range(0, 5), n => n % 2 == 0)", [0, 2, 4]),
        ("map(['a'], (x, i) => '${x}${i}')", ["a0"]),
        ("reduce([1, 2, 3], 0, (sum, n) => sum + n)", 6),
        ("toObject(['a'], x => x, x => toUpper(x))", {"a": "A"}),
        ("sys.concat('a', 'b')", "ab"),
        ("!empty([])", False),
        ("[\n  1\n\n  2, 3\n]", [1, 2, 3]),
    ],
)
def test_bicep_expressions(text: str, value: object) -> None:
    assert evaluate_bicep(text) == value


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[concat('a'", None, None),
        ("[concat('a']", (1, 13), "a comma or the closing parenthesis is missing"),
        ("[nothing('a')]", (1, 3), "there is no function 'nothing' here"),
        ("[toLower('a', 'b')]", (1, 3), "toLower does not take 2 arguments"),
        ("[toLower(1)]", (1, 3), "toLower: a string is expected, not a number"),
        ("[createObject('a', 1).b]", (1, 23), "there is no property 'b'; there are: a"),
        ("[utcNow()]", (1, 3), "utcNow is not taken: it gives something else every time"),
        ("[listKeys('a', 'b')]", (1, 3), "listKeys is not taken: keys do not leave Ingate"),
        ("[concat('a') 'b']", (1, 14), "\"'b'\" follows the end of the expression"),
        ("[parameters]", (1, 3), "'parameters' is no function call; a text stands in single quotation marks"),
        ("[if('a', 1, 2)]", (1, 6), "true or false is expected here, not a string"),
    ],
)
def test_mistakes_in_arm_expressions_have_a_place(
    text: str, place: tuple[int, int] | None, message: str | None
) -> None:
    if place is None:
        assert evaluate_arm(text) == text
        return
    with pytest.raises(PlaceError) as caught:
        evaluate_arm(text)
    problem = caught.value.problem
    assert ((problem.place.line, problem.place.column), problem.message[: len(message or "")]) == (place, message)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("'open", "1:1: the closing quotation mark is missing"),
        ("1 +", "1:4: an expression is expected here, not the end"),
        ("{ a 1 }", "1:5: ':' is expected here, not 1"),
        ("[1 2]", "1:4: a new line, a comma or ']' is expected here, not 2"),
        ("a.b", "1:1: nothing is named 'a' here"),
        (r"'\q'", "1:2: the escape \\q is none that Bicep has"),
        ("[for x in 1: x]", "1:1: a loop needs an array, not a number"),
        ("'${1", "1:5: the closing '}' is missing"),
    ],
)
def test_mistakes_in_bicep_expressions_have_a_place(text: str, problem: str) -> None:
    with pytest.raises(PlaceError) as caught:
        evaluate_bicep(text)
    found = caught.value.problem
    assert f"{found.place}: {found.message}" == problem
