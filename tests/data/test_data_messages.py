"""Every error and remark of the data room has its text, and fills all its placeholders."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import jaram.data
from jaram.messages import LANGUAGES, text

ROOM = Path(jaram.data.__file__).parent


def raised() -> Iterator[tuple[str, frozenset[str]]]:
    """The keys used in the room, each with the names of the values it is given."""
    for path in sorted(ROOM.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id not in ("DataError", "Notice", "text") or not call.args:
                continue
            key = call.args[0]
            keys = [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]
            names = {keyword.arg for keyword in call.keywords if keyword.arg}
            if len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
                names = {k.value for k in call.args[1].keys if isinstance(k, ast.Constant)}
            elif call.func.id == "Notice":
                continue
            for one in keys:
                if isinstance(one, ast.Constant):
                    yield one.value, frozenset(str(name) for name in names)


@pytest.mark.parametrize(("key", "names"), sorted(set(raised()), key=str))
def test_texts_fill(key: str, names: frozenset[str]) -> None:
    for lang in LANGUAGES:
        assert text(key, lang=lang, **dict.fromkeys(names, "x"))
