"""Numbers out of text, as Java's `Integer.parseInt`, `Double.parseDouble` and `BigDecimal` take them."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

_WHOLE = re.compile(r"[+-]?[0-9]+")
_FLOATING = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[dDfF]?")
_HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[dDfF]?")
_NAMED = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "+Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "+NaN": float("nan"),
    "-NaN": float("nan"),
}


def whole(text: str, bits: int) -> int:
    """An int of so many bits. ValueError, also out of range."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no whole number")
    number = int(text)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValueError(f"{text} does not fit into {bits} bits")
    return number


def floating(text: str) -> float:
    """ValueError. Spaces around it count for nothing."""
    text = text.strip()
    found = _FLOATING.fullmatch(text)
    if found is not None:
        return float(found[1])
    if text in _NAMED:
        return _NAMED[text]
    if _HEXADECIMAL.fullmatch(text):
        return float.fromhex(text.rstrip("dDfF") if "p" in text.lower() else text)
    raise ValueError(f"{text!r} is no number")


def decimal(text: str) -> Decimal:
    """ValueError."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no decimal number") from None
    if not number.is_finite() or "_" in text or text != text.strip():
        raise ValueError(f"{text!r} is no decimal number")
    return number


def as_decimal(number: Decimal, precision: int, scale: int) -> Decimal | None:
    """Rounded half up to the scale; None where it then has too many digits, as in Flink."""
    with localcontext() as context:
        context.prec = 100
        try:
            rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        except InvalidOperation:
            return None
    return rounded if len(rounded.as_tuple().digits) <= precision or not rounded else None
