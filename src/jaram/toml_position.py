"""Where in a TOML file a fault of a specification stands."""

from __future__ import annotations

import re

from jaram.errors import JaramError


def position(source: str, fault: JaramError) -> tuple[int, int] | None:
    """Line and column, from 1, of what ``fault`` is about; None if it can't be told.

    ``tomllib`` keeps no positions, so the field or name that the fault gives is looked for in the
    text,
    together with its value if that is given: the first place where both stand is taken.
    """
    for pattern in _patterns(fault):
        match = re.search(pattern, source, flags=re.MULTILINE)
        if match:
            before = source[: match.start("at")]
            return before.count("\n") + 1, len(before) - before.rfind("\n")
    return None


def _patterns(fault: JaramError) -> list[str]:
    values = fault.values
    if "name" in values:  # of a layer, a loss, …: in quotes, alone or first of several words
        name = re.escape(str(values["name"]))
        return [rf"""["'](?P<at>{name})\b""", rf"(?P<at>\b{name}\b)"]
    if "field" not in values:
        return []
    field = rf"(?P<at>(?<![\w-]){re.escape(str(values['field']))})"
    with_value = rf"{field}\s*=\s*[\"']?{re.escape(str(values.get('value', '')))}"
    as_table = rf"^\s*\[+[^\]]*{field}\s*\]"
    return [with_value, rf"{field}\s*=", as_table]
