"""What a person writes with scikit-learn: ``python script_sklearn.py TABLE.csv FOLDER EPOCHS``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import joblib
import polars
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
source, folder, epochs = sys.argv[1:]
frame = polars.read_csv(source)
x = frame.drop("y").to_numpy().astype("float32")
y = frame["y"].to_numpy()
parts = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
x_train, x_valid, y_train, y_valid = parts
network = MLPClassifier(
    (64, 32), alpha=0.0, batch_size=32, max_iter=int(epochs), tol=0.0, n_iter_no_change=10**9
)
model = make_pipeline(StandardScaler(), network).fit(x_train, y_train)
print(model.score(x_train, y_train), model.score(x_valid, y_valid))
Path(folder).mkdir()
joblib.dump(model, Path(folder) / "model.joblib")
