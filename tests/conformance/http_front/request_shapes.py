"""Request bodies of every shape that could tempt a gateway to rewrite them, each with what must reach the upstream.

A shape is written with `<model>` where the deployment's name stands as the value of a top-level `model`; the
client sends it with the deployment's name there, and the upstream must receive it with its own model's name there.
Nothing else may differ by a byte.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.support.messages_requests import DEPLOYMENT_NAME, UPSTREAM_MODEL

SLOT = b"<model>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A body as the client sends it and as the upstream must receive it."""

    name: str
    sent: bytes
    received: bytes


def shape(name: str, template: bytes, *, spelled: bytes | None = None) -> Shape:
    """`spelled` is the JSON string, quotes included, with which the client spells the deployment's name."""
    assert SLOT in template
    mine = spelled or json.dumps(DEPLOYMENT_NAME).encode()
    theirs = json.dumps(UPSTREAM_MODEL).encode()
    return Shape(name=name, sent=template.replace(SLOT, mine), received=template.replace(SLOT, theirs))


def _first(rest: bytes) -> bytes:
    return b'{"model":<model>,' + rest + b"}"


MESSAGES = b'"max_tokens":16,"messages":[{"role":"user","content":"hello"}]'
_TOOL = b'{"name":"pick","input_schema":{"type":"object","properties":{"model":{"type":"string","enum":["model"]}}}}'

PLACES = [
    shape("model first", _first(MESSAGES)),
    shape("model last", b"{" + MESSAGES + b',"model":<model>}'),
    shape("model in the middle", b'{"max_tokens":16,"model":<model>,"messages":[]}'),
    shape("model alone", b'{"model":<model>}'),
    shape("model in messages before", b'{"messages":[{"model":"a","role":"user","content":"b"}],"model":<model>}'),
    shape("model in messages after", b'{"model":<model>,"messages":[{"model":"a","role":"user","content":"b"}]}'),
    shape("model in tools before", b'{"tools":[' + _TOOL + b'],"model":<model>,' + MESSAGES + b"}"),
    shape("model in tools after", _first(MESSAGES + b',"tools":[' + _TOOL + b"]")),
    shape("model in metadata before and after", b'{"metadata":{"model":"a"},"model":<model>,"x":{"model":"b"}}'),
    shape("model as a value before", b'{"system":"model","model":<model>}'),
    shape("model as a value after", b'{"model":<model>,"system":"model","list":["model","model"]}'),
    shape("the name as another value", _first(b'"user":"front-deployment","front-deployment":"front-deployment"')),
    shape("the upstream's name as another value", _first(b'"user":"upstream-model"')),
    shape("a request inside a string before", b'{"system":"{\\"model\\":\\"x\\"}","model":<model>}'),
    shape("a request inside a string after", _first(b'"system":"{\\"model\\":\\"x\\"}"')),
    shape("a string that ends in a backslash", b'{"system":"x\\\\","model":<model>}'),
    shape("a string of quotes", b'{"system":"\\"\\\\\\"\\"model\\":","model":<model>}'),
    shape("brackets inside strings", b'{"a":"}{][","b":"{","model":<model>,"c":"]"}'),
    shape("nested far below", b'{"a":' + b'{"model":' * 50 + b"1" + b"}" * 50 + b',"model":<model>}'),
    shape("lists nested far below", b'{"a":' + b"[" * 200 + b"]" * 200 + b',"model":<model>}'),
]

DUPLICATES = [
    shape("model twice and the same", b'{"model":<model>,"max_tokens":1,"model":<model>}'),
    shape("model three times", b'{"model":<model>,"model":<model>,"model":<model>}'),
    Shape(
        name="another model before",
        sent=b'{"model":"other","x":1,"model":"front-deployment"}',
        received=b'{"model":"upstream-model","x":1,"model":"upstream-model"}',
    ),
    Shape(
        name="another model before, which is no string",
        sent=b'{"model":{"model":[1,"}"]},"x":1,"model":"front-deployment"}',
        received=b'{"model":"upstream-model","x":1,"model":"upstream-model"}',
    ),
    Shape(
        name="a null model before",
        sent=b'{"model":null , "model":"front-deployment"}',
        received=b'{"model":"upstream-model" , "model":"upstream-model"}',
    ),
    Shape(
        name="an escaped duplicate",
        sent=b'{"\\u006dodel":"other","model":"front-deployment"}',
        received=b'{"\\u006dodel":"upstream-model","model":"upstream-model"}',
    ),
    shape("other keys twice", _first(b'"max_tokens":1,"max_tokens":2,"x":1,"x":1,' + MESSAGES)),
]

ALL_ESCAPED = b'"' + b"".join(b"\\u%04x" % ord(letter) for letter in DEPLOYMENT_NAME) + b'"'

SPELLINGS = [
    shape("escapes in the value", _first(MESSAGES), spelled=b'"front\\u002ddeployment"'),
    shape("the value all in escapes", _first(MESSAGES), spelled=ALL_ESCAPED),
    shape("escapes in capitals", _first(MESSAGES), spelled=b'"front\\u002Ddeployment"'),
    shape("an escape in the key", b'{"mod\\u0065l":<model>,' + MESSAGES + b"}"),
    shape("a capital escape in the key", b'{"mo\\u0064e\\u006C":<model>,' + MESSAGES + b"}"),
    shape("the key all in escapes", b'{"\\u006d\\u006f\\u0064\\u0065\\u006c":<model>}'),
    shape("an escaped key that is another", b'{"\\\\u006dodel":"x","model":<model>}'),
    shape("keys of other cases", b'{"Model":"a","MODEL":"b","model":<model>,"mOdel":"c"}'),
    shape("keys like it", b'{"model ":"a"," model":"b","models":"c","mode":"d","model":<model>,"model\\u0000":"e"}'),
    shape("keys outside ASCII", '{"mödel":"a","модель":"b","model":<model>}'.encode()),
    shape("an empty key", b'{"":"model","model":<model>,"":{}}'),
]

WHITE_SPACE = [
    shape("spaces everywhere", b' { "model" : <model> , "max_tokens" : 16 , "messages" : [ ] } '),
    shape("line feeds", b'\n{\n"model"\n:\n<model>\n,\n"messages"\n:\n[\n]\n}\n'),
    shape("tabs and carriage returns", b'\r\n\t{\r\n\t"model"\t:\r\n\t<model>\r\n\t,"messages":[]\t}\r\n'),
    shape("trailing white space", _first(MESSAGES) + b" \n" * 500),
    shape("leading white space", b" \t" * 500 + _first(MESSAGES)),
    shape("indented", b'{\n  "messages": [\n    {\n      "role": "user"\n    }\n  ],\n  "model": <model>\n}\n'),
]

VALUES = [
    shape("unknown fields", _first(MESSAGES + b',"not_yet_invented":{"deep":[1,2,{"er":null}]},"another":true')),
    shape("a number too large for a float", _first(b'"x":1e400,"y":-1E+400,' + MESSAGES)),
    shape("an integer of 400 digits", _first(b'"x":' + b"9" * 400 + b"," + MESSAGES)),
    shape(
        "numbers in odd spellings", _first(b'"x":[1.0,1.00,-0,-0.0,1e0,1E5,0.1e-7,100000000000000000000],' + MESSAGES)
    ),
    shape("max_tokens beyond 64 bits", _first(b'"max_tokens":18446744073709551616,"messages":[]')),
    shape("surrogate pairs", _first(b'"x":"\\ud83d\\ude00",' + MESSAGES)),
    shape("letters outside ASCII", _first('"x":"žluťoučký 漢字 😀 \u2028\u2029",'.encode() + MESSAGES)),
    shape("every escape", _first(b'"x":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f",' + MESSAGES)),
    shape("DEL and C1 controls", _first(b'"x":"\x7f\xc2\x80\xc2\x9f",' + MESSAGES)),
    shape("empty values", _first(b'"a":"","b":[],"c":{},"d":null,' + MESSAGES)),
    shape("stream false", _first(b'"stream":false,' + MESSAGES)),
    shape("stream null", _first(b'"stream":null,' + MESSAGES)),
    shape("wrong types", _first(b'"max_tokens":"16","messages":{},"stream":"yes"')),
    shape("a large string", _first(b'"x":"' + b"x" * 5_000_000 + b'",' + MESSAGES)),
    shape("a large string before", b'{"x":"' + b"\\n" * 2_500_000 + b'","model":<model>}'),
    shape("many small values", _first(b'"x":[' + b"1," * 500_000 + b'1],"y":{}')),
    shape("many keys", _first(b",".join(b'"key%d":%d' % (i, i) for i in range(5000)))),
    shape(
        "an image",
        _first(b'"messages":[{"role":"user","content":[{"type":"image","data":"' + b"QUJD" * 100_000 + b'"}]}]'),
    ),
]

SHAPES: tuple[Shape, ...] = (*PLACES, *DUPLICATES, *SPELLINGS, *WHITE_SPACE, *VALUES)

REFUSED: dict[str, bytes] = {
    "byte order mark": b"\xef\xbb\xbf" + b'{"model":"front-deployment"}',
    "UTF-16": '{"model":"front-deployment"}'.encode("utf-16"),
    "nothing": b"",
    "white space": b" \n",
    "a list": b'[{"model":"front-deployment"}]',
    "a string": b'"model"',
    "null": b"null",
    "two documents": b'{"model":"front-deployment"}{"model":"front-deployment"}',
    "text after": b'{"model":"front-deployment"} x',
    "NUL after": b'{"model":"front-deployment"}\0',
    "not closed": b'{"model":"front-deployment"',
    "a comma too many": b'{"model":"front-deployment",}',
    "a comment": b'{"model":"front-deployment"/* */}',
    "single quotes": b"{'model':'front-deployment'}",
    "no quotes": b"{model:'front-deployment'}",
    "NaN": b'{"model":"front-deployment","x":NaN}',
    "a control character in a string": b'{"model":"front-deployment","x":"a\nb"}',
    "a bad escape": b'{"model":"front-deployment","x":"\\x41"}',
    "half an escape": b'{"model":"front-deployment","x":"\\u00"}',
    # The Messages API refuses these too: "not valid JSON: no low surrogate in string".
    "half a surrogate pair": b'{"model":"front-deployment","x":"\\ud83d"}',
    "the other half of a surrogate pair": b'{"model":"front-deployment","x":"\\ude00\\ud83d"}',
    "no model": b'{"max_tokens":1}',
    "a null model": b'{"model":null}',
    "a number as model": b'{"model":1}',
    "a list as model": b'{"model":["front-deployment"]}',
    "a last duplicate that is no string": b'{"model":"front-deployment","model":1}',
    "a model not UTF-8": b'{"model":"front-deployment\xff"}',
    "a hundred thousand brackets": b'{"model":"front-deployment","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
"""Bodies that are no Messages request: refused with 400, and never sent on."""
