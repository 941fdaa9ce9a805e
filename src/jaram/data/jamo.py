"""Hangul syllables as the letters (jamo) they are made of.

A syllable is U+AC00 + (lead · 21 + vowel) · 28 + tail (The Unicode Standard, 3.12). Its letters
become the conjoining ones, U+1100 …, U+1161 … and U+11A8 …, so that a lead and a tail that look
alike stay different and the syllables can be put together again. Letters that stand alone, such as
ㅋ, stay what they are.
"""

from __future__ import annotations

import unicodedata

FIRST, LAST = 0xAC00, 0xD7A3
LEADS, VOWELS, TAILS = 0x1100, 0x1161, 0x11A7


def letters(text: str) -> str:
    """``text`` with every Hangul syllable taken apart.

    >>> [hex(ord(letter)) for letter in letters("각")]
    ['0x1100', '0x1161', '0x11a8']
    """
    return text.translate(_APART)


def syllables(text: str) -> str:
    """The inverse of :func:`letters` for text of whole syllables."""
    return unicodedata.normalize("NFC", text)


class _Apart(dict[int, str]):
    """The letters of a syllable by its code point, worked out when first asked for."""

    def __missing__(self, code: int) -> str:
        if not FIRST <= code <= LAST:
            self[code] = chr(code)
            return self[code]
        rest, tail = divmod(code - FIRST, 28)
        lead, vowel = divmod(rest, 21)
        found = chr(LEADS + lead) + chr(VOWELS + vowel)
        self[code] = found + chr(TAILS + tail) if tail else found
        return self[code]


_APART = _Apart()
