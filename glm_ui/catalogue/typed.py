"""Makes typed rows of JSON values: every field must be there with its declared type, and no other.

Reads the dataclasses' own annotations, so a row has one definition. (pydantic would do it too, but builds its schemas
for longer than the whole catalogue takes to read.) Nothing about models or providers enters here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any, str], Any]
"""(JSON value, where it stands) -> typed value; raises WrongType."""


class WrongType(ValueError):
    """A value is not what its field declares; the message says where."""


@cache
def reader(declared: Any) -> Reader:
    """The reader for a type: plain ones, Any, Literal, X | None, tuples, Mapping[str, ...], dataclasses."""
    if declared is Any:
        return lambda value, where: value
    if is_dataclass(declared):
        return _row_reader(declared)
    make = BY_ORIGIN.get(get_origin(declared))
    return make(*get_args(declared)) if make else _plain_reader(declared)


def _plain_reader(declared: type) -> Reader:
    allowed = (int, float) if declared is float else (declared,)

    def read(value: Any, where: str) -> Any:
        if type(value) not in allowed:
            raise WrongType(f"{where}: expected {declared.__name__}, got {value!r:.60}")
        return value

    return read


def _literal_reader(*choices: str) -> Reader:
    def read(value: Any, where: str) -> Any:
        if value not in choices:
            raise WrongType(f"{where}: expected one of {', '.join(choices)}, got {value!r:.60}")
        return value

    return read


def _union_reader(*declared: Any) -> Reader:
    rest = [reader(one) for one in declared if one is not NoneType]

    def read(value: Any, where: str) -> Any:
        if value is None and NoneType in declared:
            return None
        if len(rest) > 1:
            raise WrongType(f"{where}: a union of several types cannot be read")
        return rest[0](value, where)

    return read


def _tuple_reader(*declared: Any) -> Reader:
    size = None if declared[-1] is ... else len(declared)
    item = reader(declared[0])

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, list) or (size is not None and len(value) != size):
            raise WrongType(f"{where}: expected a list{f' of {size}' if size else ''}, got {value!r:.60}")
        return tuple(item(one, f"{where}[{n}]") for n, one in enumerate(value))

    return read


def _mapping_reader(_key: type, declared: Any) -> Reader:
    item = reader(declared)

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise WrongType(f"{where}: expected an object, got {value!r:.60}")
        return {key: item(one, f"{where}.{key}") for key, one in value.items()}

    return read


def _row_reader(row: Any) -> Reader:
    hints = get_type_hints(row)
    by_field = {field.name: reader(hints[field.name]) for field in fields(row)}
    needed = {f.name for f in fields(row) if f.default is MISSING and f.default_factory is MISSING}

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise WrongType(f"{where}: expected an object, got {value!r:.60}")
        if unknown := value.keys() - by_field.keys():
            raise WrongType(f"{where}: unknown field {', '.join(sorted(unknown))}")
        if missing := needed - value.keys():
            raise WrongType(f"{where}: missing field {', '.join(sorted(missing))}")
        return row(**{name: by_field[name](one, f"{where}.{name}") for name, one in value.items()})

    return read


BY_ORIGIN: Mapping[Any, Callable[..., Reader]] = {
    Literal: _literal_reader,
    Union: _union_reader,
    UnionType: _union_reader,
    tuple: _tuple_reader,
    Mapping: _mapping_reader,
}
