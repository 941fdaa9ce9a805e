"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Two devices, whatever the machine has, so that spreading members over devices is tested
# everywhere. JAX reads this when it starts.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")

# A change is judged by the same examples every time; a person at work meets new ones each run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _no_language_is_left_behind() -> Iterator[None]:
    """A command with ``--lang`` speaks so for the rest of its process, which has more tests."""
    yield
    from jaram.messages import set_language

    set_language(None)
