"""Korean particles whose form hangs on the sound before them.

A template cannot know it, and writes both: ``{name}은(는)``. Where the value tells, one is left.
"""

from __future__ import annotations

import re

_FORMS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
}
"""After a consonant, and after a vowel."""
_BOTH = re.compile("|".join(map(re.escape, _FORMS)))
_FIRST, _LAST, _ENDINGS, _RIEUL = 0xAC00, 0xD7A3, 28, 8
_DIGITS = {"2": 0, "4": 0, "5": 0, "9": 0, "%": 0, "1": _RIEUL, "7": _RIEUL, "8": _RIEUL}
"""Last consonants of the numbers as they are read, 0 for none; those of the others are not ㄹ."""


def with_particles(sentence: str) -> str:
    """``sentence`` with the one form that fits: ``"정확도을(를)"`` is ``"정확도를"``.

    Both forms stay after Latin letters, which each reader reads in their own way.
    """
    return _BOTH.sub(_fitting, sentence)


def _fitting(found: re.Match[str]) -> str:
    both, before = found[0], found.string[: found.start()].rstrip("'\"’”")
    ending = _last_consonant(before[-1:])
    if ending is None:
        return both
    has_none = ending == 0 or (ending == _RIEUL and both == "(으)로")
    return _FORMS[both][has_none]


def _last_consonant(letter: str) -> int | None:
    """Number of the consonant that a letter ends in, 0 for none; None if that can't be told."""
    if letter and _FIRST <= ord(letter) <= _LAST:
        return (ord(letter) - _FIRST) % _ENDINGS
    if letter and letter in "0123456789%":
        return _DIGITS.get(letter, 1)
    return None
