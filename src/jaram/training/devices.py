"""The devices that members are spread over."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import jax

from jaram.errors import UsageError

QUICKLY: dict[str, bool | int | str | float] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 1,
}
"""Compiler options that halve the compilation on a CPU and cost a third of the speed, of matrix
products nothing."""
PATIENTLY: dict[str, bool | int | str | float] = {
    "xla_cpu_collective_call_warn_stuck_seconds": 600,
    "xla_cpu_collective_call_terminate_timeout_seconds": 86_400,
}
"""Compiler options of programs whose devices wait for each other: a busy or suspended machine is
late, which by default is told after 20 seconds and ends the process after 40."""
CACHE_BYTES = 512 * 2**20


@cache
def start() -> None:
    """Set JAX up once: one host device a core, a compilation cache in the user's cache folder.

    What somebody has set before (a JAX that already runs, ``JAX_COMPILATION_CACHE_DIR``,
    ``JAX_NUM_CPU_DEVICES``) is left as it is. The cache may be deleted at any time; JAX drops its
    oldest entries above 512 MiB.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        # A JAX that already runs says RuntimeError and keeps the devices that its user chose.
        with suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)
    if setting("jax_compilation_cache_dir") is None:
        folder = cache_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # a home that can't be written: compile anew each time
            return
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def setting(name: str) -> Any:
    """A setting of JAX's by its name; its own class declares none of them."""
    return getattr(jax.config, name)


def cache_folder() -> Path:
    """Where compiled programs are kept: ``JARAM_CACHE``, else the platform's cache folder."""
    if chosen := os.environ.get("JARAM_CACHE"):
        return Path(chosen)
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "jaram" / "programs"


def use(device: str | None) -> None:
    """Train on ``"cpu"`` or ``"gpu"`` from now on; None leaves JAX's own choice.

    Raises :class:`~jaram.errors.UsageError` where there is no such device.
    """
    start()
    if device is None:
        return
    platform = {"gpu": "cuda"}.get(device, device)
    try:
        found = jax.devices(platform)
    except RuntimeError:
        raise UsageError(
            "training.no_device",
            device=device,
            known=", ".join({d.platform for d in jax.devices()}),
        ) from None
    jax.config.update("jax_default_device", found[0])


def available() -> list[jax.Device]:
    """The devices to spread members over: those of the default device's kind."""
    start()
    chosen = setting("jax_default_device")
    return jax.devices(chosen.platform) if isinstance(chosen, jax.Device) else jax.devices()
