"""Reading data out of a JavaScript module without running it."""

import json
from typing import Any

import pytest

from sluice.errors import TerminalError
from sluice.models.convert.javascript import literal, unwrap

WRAPPED = "!function(e){module.exports=e()}(function(){return t}({1:[function(e,a,n){a.exports=%s},{}]},{},[1])(1)});"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{a:1,b:[.5,-3,1e-3],c:!0,d:!1,e:null}", {"a": 1, "b": [0.5, -3, 0.001], "c": True, "d": False, "e": None}),
        ('{"a b":{},$c:[]}', {"a b": {}, "$c": []}),
        (r'["\u00e9","a\"b"]', ["é", 'a"b']),
        ('{"plain": [1, 2.5, true, false]}\n', {"plain": [1, 2.5, True, False]}),
    ],
)
def test_literals(source: str, value: Any) -> None:
    assert literal(source) == value
    assert literal(WRAPPED % source) == value
    assert json.loads(unwrap(source)) == value


def test_a_string_is_base64() -> None:
    assert unwrap(WRAPPED % '"AAEC/w=="') == b"\x00\x01\x02\xff"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{a:require('x')}", "not a literal"),
        ("{a:1+1}", "something other than plain data"),
        ("[1 2]", "where a comma should be"),
        ("{a 1}", "broken object"),
        ("{1:2}", "broken object"),
        ("[1,2", "something other than plain data"),
        ("", "something other than plain data"),
        ("[" * 100, "nested too deeply"),
        ('"not base64!"', "not base64"),
        ("a.exports=[1];b.exports=[2];", "more than one value"),
    ],
)
def test_anything_but_plain_data_is_refused(source: str, message: str) -> None:
    with pytest.raises(TerminalError, match=message):
        unwrap(source)
