"""Window operators: one for any assigner and trigger, and faster ones for the common cases."""
