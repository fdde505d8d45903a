"""Fields of a posted JSON object, each of the type that its protocol gives it. Raises BadInput that names the field;
what is absent or null is None. Unknown fields are left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from glm_ui.errors import BadInput

Object = Mapping[str, Any]
SHOWN = 80
"""Characters of a field's name that an error repeats."""


def bad(field: str, says: str) -> BadInput:
    """The error for a field: `says` is the end of the sentence that begins with its name."""
    name = "".join(char for char in field[:SHOWN] if char.isprintable())
    return BadInput(f"{name} {says}.", details={"param": name})


def text(source: Object, name: str, at: str = "") -> str | None:
    value = source.get(name)
    if value is not None and not isinstance(value, str):
        raise bad(at + name, "must be a string")
    return value


def needed_text(source: Object, name: str, at: str = "") -> str:
    value = text(source, name, at)
    if not value:
        raise bad(at + name, "is required, and must be a string that is not empty")
    return value


def flag(source: Object, name: str, at: str = "") -> bool | None:
    value = source.get(name)
    if value is not None and not isinstance(value, bool):
        raise bad(at + name, "must be true or false")
    return value


def number(source: Object, name: str, low: float, high: float, at: str = "") -> float | None:
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad(at + name, "must be a number")
    if not low <= value <= high:
        raise bad(at + name, f"must be from {low:g} to {high:g}")
    return float(value)


def whole(source: Object, name: str, low: int = 0, at: str = "") -> int | None:
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value > 2**53:
        raise bad(at + name, "must be a whole number")
    if value < low:
        raise bad(at + name, f"must be {low} or more")
    return int(value)


def mapping(source: Object, name: str, at: str = "") -> Object | None:
    value = source.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad(at + name, "must be an object")
    return value


def objects(source: Object, name: str, at: str = "") -> Sequence[Object]:
    """A list of objects; empty where it is absent."""
    value = source.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise bad(at + name, "must be a list")
    for i, item in enumerate(value):
        if not isinstance(item, dict):
            raise bad(f"{at}{name}[{i}]", "must be an object")
    return value


def texts(source: Object, name: str, at: str = "") -> tuple[str, ...]:
    """A string or a list of strings, as a tuple."""
    value = source.get(name)
    if value is None:
        return ()
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise bad(at + name, "must be a string or a list of strings")
    return tuple(item for item in listed if item)


YES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def thinking_header(headers: Mapping[str, str]) -> bool | None:
    """What the header of GLM's older gateways says of thinking; None where it is absent or unreadable."""
    return YES.get((headers.get("x-feature-thinking") or headers.get("x-thinking") or "").strip().lower())


MOST_STOPS, LONGEST_STOP = 16, 256


def stop_words(source: Object, name: str) -> tuple[str, ...]:
    """As `texts`, so few and short that an answer can be searched for them."""
    found = texts(source, name)
    if len(found) > MOST_STOPS or any(len(word) > LONGEST_STOP for word in found):
        raise bad(name, f"must be at most {MOST_STOPS} words of at most {LONGEST_STOP} characters")
    return found
