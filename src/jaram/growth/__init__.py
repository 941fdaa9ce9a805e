"""How much data, how large a network: the score as both grow."""
