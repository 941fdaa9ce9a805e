"""What a person writes with Keras on JAX: ``python script_keras.py TABLE.csv FOLDER EPOCHS``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras

from script_data import read

source, folder, epochs = sys.argv[1:]
(x, y), (x_valid, y_valid) = read(source)
layers = keras.layers
model = keras.Sequential(
    [layers.Dense(64, "relu"), layers.Dense(32, "relu"), layers.Dense(1, "sigmoid")]
)
model.compile(
    keras.optimizers.Adam(1e-3),
    "binary_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=int(os.environ.get("STEPS_PER_EXECUTION", "32")),
)
model.fit(x, y[:, None], batch_size=32, epochs=int(epochs), verbose=0)
for inputs, targets in ((x, y), (x_valid, y_valid)):
    print(model.evaluate(inputs, targets[:, None], batch_size=1000, verbose=0)[1])
Path(folder).mkdir()
model.save(Path(folder) / "model.keras")
