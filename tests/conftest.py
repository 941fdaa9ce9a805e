"""What all tests share."""

from __future__ import annotations

import os

# Two devices, whatever the machine has, so that spreading members over devices is tested
# everywhere. JAX reads this when it starts.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")
