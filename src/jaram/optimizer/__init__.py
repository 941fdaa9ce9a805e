"""How parameters move: optimizers, learning-rate schedules, clipping and averaging, over Optax."""
