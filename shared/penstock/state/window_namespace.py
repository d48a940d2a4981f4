"""Names of states whose keys are pairs (key, window): they lie beside an operator's other states, under a prefix."""

OF_TRIGGER = "_trigger/"
OF_WINDOW = "_window/"


def is_of_window(name: str) -> bool:
    """Whether the keys of this state are (key, window)."""
    return name.startswith((OF_TRIGGER, OF_WINDOW))
