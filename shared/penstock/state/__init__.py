"""Keyed state and timers of a subtask, kept by key, snapshot by key group."""
