"""What a training is after: losses and their pairing with outputs, penalties, metrics."""
