"""Meeting other tools: their logs, and training loops written with them."""
