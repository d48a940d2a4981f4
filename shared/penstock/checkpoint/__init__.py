"""Checkpoints as they lie in storage: handles, metadata, state files. No Redis; used by slots, services and tools."""
