"""Remedies: functions from a recipe to better ones. Each is one decorated function in a module of
this room, found without a list elsewhere."""
