"""Schedules against closed forms, Optax and PyTorch, and what all of them promise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from numpy.typing import NDArray

from jaram.errors import RecipeError
from jaram.optimizer.schedules import (
    ConstantRate,
    Cosine,
    CosineCycles,
    Exponential,
    InverseTime,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    WarmUp,
)
from jaram.spec import describe, parse, registered, words

SAMPLES: dict[str, tuple[Schedule, Schedule]] = {
    "constant": (ConstantRate(), ConstantRate()),
    "step_decay": (StepDecay(0.5, 3), StepDecay(0.1, 3)),
    "exponential": (Exponential(), Exponential(0.8)),
    "inverse_time": (InverseTime(), InverseTime(1.0)),
    "cosine": (Cosine(), Cosine(0.1)),
    "cosine_cycles": (CosineCycles(), CosineCycles()),
    "warm_up": (WarmUp(0.1, Cosine()), WarmUp(0.3, Cosine(0.2))),
    "one_cycle": (OneCycle(), OneCycle(0.4, 0.1, 0.01)),
    "reduce_on_plateau": (ReduceOnPlateau(), ReduceOnPlateau(0.1)),
}
NAMES = sorted(registered("schedule"))
TOTAL, PER_EPOCH = 100, 10


def factors(schedule: Schedule, total: int = TOTAL, per_epoch: int = PER_EPOCH) -> NDArray[Any]:
    """The factor at every step, ``(total,)``, with all arguments traced as in a training."""
    steps = jnp.arange(total, dtype=jnp.int32)
    at = jax.jit(jax.vmap(schedule.factor, in_axes=(0, None, None)))
    return np.asarray(at(steps, jnp.int32(total), jnp.int32(per_epoch)))


@pytest.mark.parametrize("name", NAMES)
class TestEverySchedule:
    def test_has_a_sample(self, name: str) -> None:
        assert name in SAMPLES

    def test_survives_being_written_down(self, name: str) -> None:
        for schedule in SAMPLES[name]:
            assert parse("schedule", describe(schedule)) == schedule

    def test_population_compiled_is_the_same_as_one_by_one(self, name: str) -> None:
        stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *SAMPLES[name])

        def at(schedule: Schedule, step: jax.Array) -> jax.Array:
            return schedule.factor(step, TOTAL, PER_EPOCH)

        for step in (0, 1, 9, 10, 29, 30, 55, 99):
            together = jax.jit(jax.vmap(at, in_axes=(0, None), axis_size=2))(stacked, step)
            alone = [at(schedule, jnp.int32(step)) for schedule in SAMPLES[name]]
            np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-7)

    def test_is_a_finite_factor_up_to_one(self, name: str) -> None:
        for schedule in SAMPLES[name]:
            for total, per_epoch in ((TOTAL, PER_EPOCH), (1, 1), (2, 1)):
                found = factors(schedule, total, per_epoch)
                assert np.isfinite(found).all()
                assert (found >= 0).all()
                assert (found <= 1 + 1e-6).all()


def test_closed_forms() -> None:
    step = np.arange(TOTAL)
    epoch = step / PER_EPOCH
    for schedule, expected in (
        (ConstantRate(), np.ones(TOTAL)),
        (StepDecay(0.5, 3), 0.5 ** (step // (3 * PER_EPOCH))),
        (Exponential(0.9), 0.9**epoch),
        (InverseTime(0.5), 1 / (1 + 0.5 * epoch)),
        (Cosine(0.1), 0.1 + 0.9 * (1 + np.cos(np.pi * step / TOTAL)) / 2),
    ):
        np.testing.assert_allclose(factors(schedule), expected, rtol=1e-5, err_msg=words(schedule))


def test_cosine_and_exponential_are_optaxs() -> None:
    steps = jnp.arange(TOTAL)
    np.testing.assert_allclose(
        factors(Cosine(0.1)),
        jax.vmap(optax.cosine_decay_schedule(1.0, TOTAL, 0.1))(steps),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        factors(Exponential(0.9)),
        jax.vmap(optax.exponential_decay(1.0, PER_EPOCH, 0.9))(steps),
        rtol=1e-5,
    )


def test_one_cycle_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=TOTAL, cycle_momentum=False
    )
    expected = []
    for _ in range(TOTAL):
        expected.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    # Near the end the factor is a small difference of numbers near 1, in float32.
    np.testing.assert_allclose(factors(OneCycle()), expected, rtol=1e-4, atol=2e-7)


def test_warm_up_rises_and_hands_over() -> None:
    found = factors(WarmUp(share=0.2, then=Cosine()))
    np.testing.assert_allclose(found[:20], (np.arange(20) + 1) / 20, rtol=1e-5)
    np.testing.assert_allclose(found[20:], factors(Cosine(), total=80), rtol=1e-5, atol=1e-7)
    by_epochs = factors(WarmUp(epochs=2.0, then=Cosine()))
    np.testing.assert_allclose(by_epochs, found, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(factors(WarmUp(share=0.0)), 1)


def test_inner_schedule_may_be_written_as_words() -> None:
    assert WarmUp(then="cosine") == WarmUp(then=Cosine())  # type: ignore[arg-type]
    with pytest.raises(RecipeError):
        WarmUp(then="cosin")  # type: ignore[arg-type]


def run_plateau(schedule: ReduceOnPlateau, scores: list[float]) -> list[float]:
    state = schedule.initial()
    found = []
    for score in scores:
        state = jax.jit(schedule.update)(state, score)
        found.append(float(state.factor))
    return found


def test_plateau_is_pytorchs() -> None:
    """PyTorch lets ``patience`` epochs pass and drops after the next: one more than here."""
    torch = pytest.importorskip("torch")
    scores = [3.0, 2.0, 2.1, 2.2, 1.9999, 2.0, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.0, 1.0]
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=1e-4, min_lr=0.2
    )
    expected = []
    for score in scores:
        schedule.step(score)
        expected.append(optimizer.param_groups[0]["lr"])
    ours = run_plateau(ReduceOnPlateau(drop=0.5, patience=3, min_factor=0.2), scores)
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_plateau_by_hand() -> None:
    schedule = ReduceOnPlateau(drop=0.5, patience=2, min_factor=0.3)
    scores = [1.0, 1.0, 1.0, float("nan"), float("nan"), 0.5]
    assert run_plateau(schedule, scores) == pytest.approx([1, 1, 0.5, 0.5, 0.3, 0.3])


def test_plateaus_of_a_population_are_those_of_its_members() -> None:
    members = (ReduceOnPlateau(0.5, patience=2), ReduceOnPlateau(0.1, patience=2))
    stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *members)
    state = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(m.initial() for m in members))
    scores = [[1.0, 1.0], [1.0, 0.5], [1.0, 0.6], [1.0, 0.7]]
    for row in scores:
        state = jax.vmap(lambda member, s, score: member.update(s, score))(
            stacked, state, jnp.array(row)
        )
    expected = [
        run_plateau(member, [row[index] for row in scores])[-1]
        for index, member in enumerate(members)
    ]
    np.testing.assert_allclose(state.factor, expected, rtol=1e-6)


@pytest.mark.parametrize("cycles", [1, 3, 4, 10])
def test_cosine_cycles_are_those_of_the_paper(cycles: int) -> None:
    """Huang et al. (2017), equation 2, with its steps counted from 1."""
    length = int(np.ceil(TOTAL / cycles))
    step = np.arange(1, TOTAL + 1)
    truth = 0.5 * (np.cos(np.pi * np.mod(step - 1, length) / length) + 1)
    np.testing.assert_allclose(factors(CosineCycles(cycles)), truth, atol=1e-6)


def test_one_cosine_cycle_is_a_cosine() -> None:
    np.testing.assert_allclose(factors(CosineCycles(1)), factors(Cosine()), atol=1e-6)
