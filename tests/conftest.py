"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# Two devices, whatever the machine has, so that spreading members over devices is tested
# everywhere. JAX reads this when it starts.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")

# A change is judged by the same examples every time; a person at work meets new ones each run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
