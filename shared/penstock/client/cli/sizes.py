"""Bytes in words."""


def human_size(size: int) -> str:
    """`512 B`, `1.5 KiB`, `3.0 GiB`."""
    if size < 1024:
        return f"{size} B"
    value, units = float(size), iter(("KiB", "MiB", "GiB", "TiB"))
    unit = ""
    while value >= 1024 and (following := next(units, None)):
        value, unit = value / 1024, following
    return f"{value:.1f} {unit}"
