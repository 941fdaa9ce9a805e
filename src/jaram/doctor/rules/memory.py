"""What a recurrent network can't learn because its gradient fades on the way through time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.evidence import MATTERS, Evidence, Floats
from jaram.doctor.hindsight import weight_of
from jaram.doctor.passage import layer_words, suffers
from jaram.doctor.registry import Sighting, finds
from jaram.network.network import Network
from jaram.network.recurrent import GRU, LSTM, RNN

HEARD = 0.01
"""Share of the gradient at the last steps from which a step is still heard. In 16 trainings that
learnt the adding problem or the recall task (RNN, GRU and LSTM, 20 to 50 steps) the first steps had
0.02 at least, 0.5 mostly; in 12 that did not 7e-2 at most, 1e-3 mostly."""
END = 0.1
"""Share of the steps that are an end."""
FEWEST_STEPS = 10
"""Steps from which a series has a beginning and an end."""


@finds(
    "vanishing_through_time",
    reads=("recipe", "through_time"),
    remedies=("gated_memory", "orthogonal_recurrence", "longer_memory", "attend_to_steps"),
    explains=(
        "layer_not_learning",
        "slow_convergence",
        "too_few_epochs",
        "plateau",
        "constant_prediction",
        "underfitting",
        "overfitting",
        "oscillating_loss",
        "label_noise",
    ),
)
def vanishing_through_time(evidence: Evidence) -> Iterable[Sighting]:
    """At the weights that were kept the loss no longer hears the first steps that a recurrent layer
    reads, and the network has not learnt its rows, or knows nothing of new ones.

    A network that has learnt may ignore what it does not need. Layers that read in both directions
    have an answer at both ends, and a layer that is cut off (``truncate``) was meant to forget; of
    them nothing is said.
    """
    if (
        evidence.recipe is None
        or evidence.has_diverged
        or not (suffers(evidence) or _knows_nothing_new(evidence))
    ):
        return
    assert evidence.through_time is not None
    network = evidence.recipe.network or ()
    for one in evidence.through_time():
        share = ends_share(one.best)
        if not _is_judged(network, one.layer) or not share < HEARD:
            continue
        told = {
            "layer": one.layer + 1,
            "what": layer_words(evidence, one.layer),
            "share": share,
            "steps": len(one.best),
            "heard": heard_steps(one.best),
        }
        is_plain = isinstance(network[one.layer], RNN)
        severity = "grave" if _knows_nothing_new(evidence) else weight_of(evidence, "notable")
        yield Sighting(severity, told, "" if is_plain else "gated")
        return


def _knows_nothing_new(evidence: Evidence) -> bool:
    """Whether it answers new rows no better than a constant: what it hears tells nothing."""
    outcome, chance = evidence.outcome, evidence.chance
    if outcome is None or chance is None:
        return False
    return outcome - chance <= MATTERS * (1 - chance)


def _is_judged(network: Network, place: int) -> bool:
    layer = network[place]
    return isinstance(layer, RNN | LSTM | GRU) and layer.truncate is None


def ends_share(norms: Floats) -> float:
    """Root mean square over the first tenth of the steps over that of the last tenth; NaN of series
    that are too short, or whose last steps are not heard either."""
    known = norms[np.isfinite(norms)]
    if len(known) < FEWEST_STEPS:
        return float("nan")
    first, last = _ends(known)
    return first / last if last > 0 else float("nan")


def _ends(norms: Floats) -> tuple[float, float]:
    count = max(1, round(END * len(norms)))
    return _mean(norms[:count]), _mean(norms[-count:])


def _mean(norms: Floats) -> float:
    largest = float(np.max(norms))  # whose square may be 0
    return largest * float(np.sqrt(np.mean(np.square(norms / largest)))) if largest > 0 else 0.0


def heard_steps(norms: Floats) -> int:
    """How many steps back from the last the gradient stays above :data:`HEARD` of that at the last
    steps."""
    known = norms[np.isfinite(norms)]
    _, last = _ends(known)
    faint = np.flatnonzero(known[::-1] < HEARD * last)
    return int(faint[0]) if faint.size else len(known)
