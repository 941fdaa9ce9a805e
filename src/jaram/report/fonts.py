"""A font with Hangul for the pictures, so that a machine without Korean fonts draws no boxes."""

from __future__ import annotations

from functools import cache
from importlib import resources

from matplotlib import font_manager

HANGUL = "Jaram Hangul"
FAMILIES = (HANGUL, "DejaVu Sans")
"""What texts are set in: the bundled font; for signs that it lacks, the one of matplotlib."""


@cache
def make_known() -> None:
    """Tell matplotlib of the bundled font, once in a process."""
    file = resources.files("jaram.report") / "assets" / "JaramHangul.ttf"
    with resources.as_file(file) as path:
        font_manager.fontManager.addfont(path)
