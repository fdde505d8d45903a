"""Reads the JSON that upstreams write, as a browser would: a bad character is lost alone. No field names.

orjson reads what is right, which is nearly all; the slow way is for what it refuses.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import orjson

AROUND: Final = "\ufeff\x00 \t\r\n"
LONGEST_WHOLE: Final = 18
"""Digits of a whole number that 64 bits hold in any case."""


def read_json(data: bytes) -> Any:
    """The value of `data`. Raises ValueError when it is not JSON even so.

    Beyond the standard it reads NaN, infinities and numbers too large for a float (all as None), raw control
    characters inside strings, and NULs around the value. A byte that is not UTF-8 becomes one of U+DC80 to U+DCFF
    (Python's `surrogateescape`), and half a surrogate pair stays one: `halves` joins or replaces them.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _read_slowly(data)


def _read_slowly(data: bytes) -> Any:
    text = data.decode("utf-8", "surrogateescape").strip(AROUND)
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write_json(value: Any) -> str:
    """`value` as JSON text. Half surrogates in it stay. Raises ValueError when it is nested too deeply."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a surrogate pair, or more than 254 levels
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _whole(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= LONGEST_WHOLE else _float(digits)


_DECODER: Final = json.JSONDecoder(
    parse_float=_float, parse_int=_whole, parse_constant=lambda _: None, strict=False
)


MOST_DEPTH = 100
"""Levels of provider data that is to go back; 254 are the most that can be written."""


def is_shallow(value: Any, levels: int = MOST_DEPTH) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(is_shallow(one, levels - 1) for one in inner)
