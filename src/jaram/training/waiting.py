"""Waiting for the device so that Ctrl-C is heard."""

from __future__ import annotations

import time
from typing import Any

from jaram.training.state import MemberState


def wait_for(state: MemberState) -> None:
    """Wait for the device in small sleeps, because a wait inside JAX does not hear Ctrl-C."""
    flag: Any = state.is_stopped
    pause = 0.0002
    while not flag.is_ready():
        time.sleep(pause)
        pause = min(pause * 1.2, 0.01)
    flag.block_until_ready()
