"""What a training begins with, if not with weights drawn anew."""

from __future__ import annotations

from jaram.spec import Count, spec


@spec(family="begin", name="trained_layers")
class TrainedLayers:
    """The weights and statistics that the first layers of a trained network have.

    The layers after them begin with weights drawn from the recipe's seed, and the data is prepared
    as it was for that network. :func:`jaram.fine_tuning` makes a whole recipe of a run.

    run: the folder of the trained network's run; "" for a run that has none, which this process
        alone knows.
    layers: how many of its layers, from the first; all, the output layer too, keep its answers.
    weights: the fingerprint of its weights, so that no other network can slip in; "" takes what is
        there, and the recipe that a run keeps tells what it was.
    """

    run: str
    layers: Count
    weights: str = ""
