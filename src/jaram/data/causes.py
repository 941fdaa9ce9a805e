"""What libraries say of a damaged file, in the reader's language where it is one of the usual."""

from __future__ import annotations

import re

from jaram.data.notices import shown
from jaram.messages import text

_CAUSES = (
    ("cut_off", r"truncated|unexpected end|ended before|EOF|no data left|[Bb]roken data stream"),
    ("checksum", r"CRC|checksum|[Bb]roken PNG|incorrect (data|length) check"),
    ("not_zip", r"not a zip file|central directory|zip file"),
    ("objects", r"allow_pickle|[Oo]bject arrays"),
    ("forbidden", r"[Pp]ermission denied"),
    ("folder", r"[Ii]s a directory"),
    ("not_ordinary", r"not an ordinary file"),
)
"""Keys of the catalogue ("data.cause_…"), and what is found in the words of Pillow, zipfile, zlib,
NumPy, polars and the system."""


def cause(error: object) -> str:
    """What is wrong, from an error or its words: ``cut off (image file is truncated)``.

    The words themselves stay beside it, shortened; alone, if they are none of the usual.
    """
    words = str(getattr(error, "strerror", None) or error) or type(error).__name__
    fault = shown(words.splitlines()[0].rstrip("."))
    found = next((key for key, pattern in _CAUSES if re.search(pattern, words)), None)
    return fault if found is None else text(f"data.cause_{found}", fault=fault)
