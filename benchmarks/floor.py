"""Where the time goes: imports, tracing, lowering, compiling; the least an epoch could take."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from common import HERE, child_environment, in_words, markdown, section, table

TOP_IMPORTS = 15
IMPORT = "import jaram.runs.train, jaram.cli.train"


def imports() -> list[list[str]]:
    """The packages whose imports take longest on the way to a training, own time of each."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", IMPORT],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, int] = {}
    for line in done.stderr.splitlines()[1:]:
        own, _, name = line.removeprefix("import time:").split("|")
        package = name.strip().partition(".")[0]
        found[package] = found.get(package, 0) + int(own)
    ordered = sorted(found.items(), key=lambda item: -item[1])[:TOP_IMPORTS]
    return [[name, in_words(micro / 1e6)] for name, micro in ordered]


def stages() -> None:
    """Print how long tracing, lowering and compiling take, and the arithmetic of an epoch."""
    import jax

    import jaram as jr
    from jaram.data.prepare import prepare
    from jaram.defaults import complete
    from jaram.runs.candidates import prepare_options
    from jaram.training import engine, planning
    from jaram.training.epochs import program_of
    from jaram.training.group import Group

    layers = (jr.Dense(64, "relu"), jr.Dense(32, "relu"))
    asked = jr.Recipe(network=layers, batch_size=32, epochs=10)
    data = jr.Data(*table())
    prepared = prepare(data, prepare_options(asked))
    group = Group((complete(asked, prepared)[0],), prepared)
    plan = planning.plan_for(group)
    recipes, state = engine.initial(group, plan)
    arrays = engine.arrays_for(group, plan)
    orders = engine._orders(group, plan, 0, 10)
    given = (recipes, state, arrays, orders, np.int32(10), np.int32(10))
    times, clock = [], (time.perf_counter(), time.process_time())

    def lap(name: str) -> None:
        nonlocal clock
        now = (time.perf_counter(), time.process_time())
        times.append([name, in_words(now[0] - clock[0]), in_words(now[1] - clock[1])])
        clock = now

    traced = program_of(plan).trace(plan, *given)
    lap("trace")
    lowered = traced.lower()
    lap("lower")
    compiled = lowered.compile()
    lap("compile, or read from the cache")
    jax.block_until_ready(compiled(*given))
    lap("10 epochs")
    if os.environ.get("FLOOR_ONLY_COMPILE"):
        print(times[2][1], times[2][2], sep="\t")
        return
    print(markdown(["stage, empty cache", "wall", "processor"], times))
    weights = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    steps, batch = orders.shape[1], orders.shape[2]
    operations = 6 * weights * batch * steps
    peak = matrix_product_speed()
    moved = 4 * weights * 7 * steps + 4 * prepared.train.x.size * 3
    print(
        f"\nAn epoch is {steps} steps of about {6 * weights * batch / 1e6:.2f} million operations: "
        f"{operations / 1e6:.0f} million, {in_words(operations / peak)} at the {peak / 1e9:.0f} "
        f"GFLOP/s of a large matrix product on this machine; it moves about {moved / 1e6:.0f} MB "
        "(weights, gradients and moments of each step, and the rows laid out), most within the "
        "core's cache.\n"
    )


def matrix_product_speed() -> float:
    """Operations a second of NumPy's product of large float32 matrices, the best of many."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((512, 512), np.float32) for _ in range(2))
    best = float("inf")
    for _ in range(100):
        started = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - started)
    return 2 * 512**3 / best


def child(cache: str) -> str:
    """What a fresh process with this cache folder prints of its compilation."""
    environment = child_environment(JARAM_CACHE=cache, FLOOR_ONLY_COMPILE="1")
    done = subprocess.run(
        [sys.executable, str(HERE / "floor.py"), "stages"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    if sys.argv[1:] == ["stages"]:
        stages()
        sys.exit()
    section(
        "Floor",
        "Where the time of a first training goes, on the table and network of the first section.",
    )
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = child(cache).split("\t"), child(cache).split("\t")
        os.environ["JARAM_CACHE"] = cache + "-other"
        os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
        stages()
    rows = [["empty", *cold], ["warm", *warm]]
    print(markdown(["compilation, cache", "wall", "processor"], rows) + "\n")
    imports()  # once unmeasured, so that files are read and compiled
    print(markdown([f"imports of `{IMPORT}`", "own time"], imports()) + "\n")
