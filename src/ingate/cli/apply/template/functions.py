"""The functions of templates that need nothing but their arguments."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from .hashing import make_guid, make_unique_string

Function = Callable[..., object]
MOST_ITEMS = 10_000


class FunctionFailed(Exception):
    """Why a function does not take its arguments."""


def _expect(value: object, kind: type[Any] | tuple[type[Any], ...], what: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise FunctionFailed(f"{what} is expected, not {describe(value)}")
    return value


def describe(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _text(value: object) -> str:
    return _expect(value, str, "a string")


def _whole(value: object) -> int:
    return _expect(value, int, "a whole number")


def _items(value: object) -> list[Any]:
    return _expect(value, list, "an array")


def _object(value: object) -> dict[str, Any]:
    return _expect(value, dict, "an object")


def render_text(value: object) -> str:
    """As `string` and string interpolation write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _string(value: object) -> str:
    return render_text(value)


def _concat(*values: Any) -> object:
    if values and all(isinstance(value, list) for value in values):
        return [item for value in values for item in _items(value)]
    if any(isinstance(value, list | dict) for value in values):
        raise FunctionFailed("strings, or arrays, are expected")
    return "".join(render_text(value) for value in values)


def _format(pattern: object, *values: object) -> str:
    """.NET's composite formatting, without alignment and format strings."""
    text, made, position = _text(pattern), "", 0
    while position < len(text):
        character = text[position]
        if character in "{}" and text[position + 1 : position + 2] == character:
            made, position = made + character, position + 2
        elif character == "{":
            end = text.find("}", position)
            number = text[position + 1 : end] if end > 0 else ""
            if not number.isdigit():
                raise FunctionFailed(f"{{{number}}} is not taken: only {{0}}, {{1}} and so on are")
            if int(number) >= len(values):
                raise FunctionFailed(f"there is no argument for {{{number}}}")
            made, position = made + render_text(values[int(number)]), end + 1
        else:
            made, position = made + character, position + 1
    return made


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def _equals(first: object, second: object) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    return first == second


def _contains(container: object, item: object) -> bool:
    if isinstance(container, str):
        return render_text(item) in container
    if isinstance(container, dict):
        names = cast("dict[str, object]", container)
        return _text(item).lower() in (name.lower() for name in names)
    return any(_equals(item, member) for member in _items(container))


def _union(*values: object) -> object:
    if all(isinstance(value, dict) for value in values):
        joined: dict[str, Any] = {}
        for value in values:
            joined = _join_objects(joined, _object(value))
        return joined
    items: list[object] = []
    for value in values:
        items += [item for item in _items(value) if item not in items]
    return items


def _join_objects(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(first)
    for key, value in second.items():
        if isinstance(value, dict) and isinstance(joined.get(key), dict):
            joined[key] = _join_objects(joined[key], cast("dict[str, Any]", value))
        else:
            joined[key] = value
    return joined


def _intersection(*values: object) -> object:
    first, *others = values
    if isinstance(first, dict):
        members = cast("dict[str, object]", first)
        return {k: v for k, v in members.items() if all(_object(other).get(k) == v for other in others)}
    return [item for item in _items(first) if all(item in _items(other) for other in others)]


def _length(value: object) -> int:
    return len(_expect(value, (str, list, dict), "a string, an array or an object"))


def _range(start: object, count: object) -> list[int]:
    if not 0 <= _whole(count) <= MOST_ITEMS:
        raise FunctionFailed(f"a count from 0 to {MOST_ITEMS} is expected")
    return list(range(_whole(start), _whole(start) + _whole(count)))


def _first(value: object) -> object:
    found: Any = _expect(value, (str, list), "a string or an array")
    return found[0] if found else ("" if isinstance(found, str) else None)


def _last(value: object) -> object:
    found: Any = _expect(value, (str, list), "a string or an array")
    return found[-1] if found else ("" if isinstance(found, str) else None)


def _take(value: object, count: object) -> object:
    found: Any = _expect(value, (str, list), "a string or an array")
    return found[: max(_whole(count), 0)]


def _skip(value: object, count: object) -> object:
    found: Any = _expect(value, (str, list), "a string or an array")
    return found[max(_whole(count), 0) :]


def _substring(value: object, start: object, count: object = None) -> str:
    text, begin = _text(value), _whole(start)
    end = len(text) if count is None else begin + _whole(count)
    if not 0 <= begin <= end <= len(text):
        raise FunctionFailed(f"a string of {len(text)} characters has no such part")
    return text[begin:end]


def _split(value: object, delimiters: object) -> list[str]:
    marks = [_text(mark) for mark in cast("list[object]", _array(delimiters))]
    parts = [_text(value)]
    for mark in marks:
        parts = [piece for part in parts for piece in (part.split(mark) if mark else [part])]
    return parts


def _join(items: object, delimiter: object) -> str:
    return _text(delimiter).join(render_text(item) for item in _items(items))


def _pad_left(value: object, width: object, mark: object = " ") -> str:
    return render_text(value).rjust(min(_whole(width), MOST_ITEMS), _text(mark))


def _int(value: object) -> int:
    try:
        return int(_expect(value, (int, str), "a number or a string"))
    except ValueError:
        raise FunctionFailed("that string is no whole number") from None


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    raise FunctionFailed("true or false is expected")


def _json(value: object) -> object:
    try:
        return json.loads(_text(value))
    except ValueError:
        raise FunctionFailed("that string is no JSON") from None


def _divide(first: object, second: object) -> int:
    if _whole(second) == 0:
        raise FunctionFailed("nothing can be divided by 0")
    quotient = abs(_whole(first)) // abs(_whole(second))
    return quotient if (_whole(first) < 0) == (_whole(second) < 0) else -quotient


def _remainder(first: object, second: object) -> int:
    return _whole(first) - _divide(first, second) * _whole(second)


def _compare(first: object, second: object, decide: Callable[[Any, Any], bool]) -> bool:
    if isinstance(first, str) and isinstance(second, str):
        return decide(first, second)
    return decide(_whole(first), _whole(second))


def _extreme(choose: Callable[[list[int]], int], *values: object) -> int:
    only = values[0] if len(values) == 1 else None
    numbers = _items(cast("object", only)) if isinstance(only, list) else list(values)
    if not numbers:
        raise FunctionFailed("a number is expected")
    return choose([_whole(number) for number in numbers])


def _create_object(*pairs: object) -> dict[str, object]:
    if len(pairs) % 2:
        raise FunctionFailed("keys and values are expected by turns")
    return {_text(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _list_members(value: object) -> list[object]:
    return [{"key": key, "value": member} for key, member in sorted(_object(value).items())]


def _try_get(value: object, *path: object) -> object:
    for key in path:
        value = get_member(value, key, is_safe=True)
    return value


def _flatten(value: object) -> list[object]:
    return [item for inner in _items(value) for item in _items(inner)]


def get_member(target: object, key: object, *, is_safe: bool) -> object:
    """A property without regard to case, or an item. Raises FunctionFailed where there is none, unless `is_safe`."""
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        items = cast("list[object]", target)
        if 0 <= key < len(items):
            return items[key]
        reason = f"there is no item {key} in an array of {len(items)}"
    elif isinstance(target, dict) and isinstance(key, str):
        members = cast("dict[str, object]", target)
        for name, value in members.items():
            if name.lower() == key.lower():
                return value
        reason = f"there is no property {key!r}; there are: {', '.join(members) or 'none'}"
    else:
        reason = f"{describe(cast('object', target))} has no {key!r}"
        is_safe = is_safe and target is None
    if is_safe:
        return None
    raise FunctionFailed(reason)


def _array(value: object) -> object:
    return cast("object", value) if isinstance(value, list) else [value]


def _create_array(*values: object) -> list[object]:
    return list(values)


def _guid(*parts: object) -> str:
    return make_guid([_text(part) for part in parts])


def _unique_string(*parts: object) -> str:
    return make_unique_string([_text(part) for part in parts])


def _max(*values: object) -> int:
    return _extreme(max, *values)


def _min(*values: object) -> int:
    return _extreme(min, *values)


def _replace(text: object, old: object, new: object) -> str:
    return _text(text).replace(_text(old), _text(new))


_OF_ONE: dict[str, Callable[[Any], object]] = {
    "any": lambda value: value,
    "array": _array,
    "base64": lambda value: base64.b64encode(_text(value).encode()).decode(),
    "not": lambda value: not _expect(value, bool, "true or false"),
    "objectkeys": lambda value: list(_object(value)),
    "tolower": lambda value: _text(value).lower(),
    "toupper": lambda value: _text(value).upper(),
    "trim": lambda value: _text(value).strip(),
}
_OF_TWO: dict[str, Callable[[Any, Any], object]] = {
    "add": lambda a, b: _whole(a) + _whole(b),
    "endswith": lambda text, end: _text(text).lower().endswith(_text(end).lower()),
    "greater": lambda a, b: _compare(a, b, lambda x, y: x > y),
    "greaterorequals": lambda a, b: _compare(a, b, lambda x, y: x >= y),
    "indexof": lambda text, part: _text(text).lower().find(_text(part).lower()),
    "less": lambda a, b: _compare(a, b, lambda x, y: x < y),
    "lessorequals": lambda a, b: _compare(a, b, lambda x, y: x <= y),
    "mul": lambda a, b: _whole(a) * _whole(b),
    "startswith": lambda text, start: _text(text).lower().startswith(_text(start).lower()),
    "sub": lambda a, b: _whole(a) - _whole(b),
}
FUNCTIONS: dict[str, Function] = {
    **_OF_ONE,
    **_OF_TWO,
    "bool": _bool,
    "concat": _concat,
    "contains": _contains,
    "createarray": _create_array,
    "createobject": _create_object,
    "div": _divide,
    "empty": _is_empty,
    "equals": _equals,
    "false": lambda: False,
    "first": _first,
    "flatten": _flatten,
    "format": _format,
    "guid": _guid,
    "int": _int,
    "intersection": _intersection,
    "items": _list_members,
    "join": _join,
    "json": _json,
    "last": _last,
    "length": _length,
    "max": _max,
    "min": _min,
    "mod": _remainder,
    "null": lambda: None,
    "padleft": _pad_left,
    "range": _range,
    "replace": _replace,
    "skip": _skip,
    "split": _split,
    "string": _string,
    "substring": _substring,
    "take": _take,
    "true": lambda: True,
    "tryget": _try_get,
    "union": _union,
    "uniquestring": _unique_string,
}

REFUSED: dict[str, str] = {
    **dict.fromkeys(
        ("listkeys", "list", "listaccountsas", "listsecrets", "listservicesas"),
        "keys do not leave Ingate through a template; `ingate keys list` prints them",
    ),
    "getsecret": "Ingate has no key vault",
    **dict.fromkeys(
        ("newguid", "utcnow"),
        "it gives something else every time, so no second run would be without changes; give a parameter",
    ),
    **dict.fromkeys(("pickzones", "providers"), "Ingate has no zones and no other providers"),
}
