"""The columns of a table that has no rows: what rows would have held, by the types of what they are made of."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

#: What a value of a kind is in a table; a column of other kinds has no type of its own where there are no rows.
_KINDS = {
    str: pa.string(), Path: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(),
    datetime: pa.timestamp("us"), date: pa.date32(),
}  # fmt: skip


def without_rows(kind: Any) -> pa.Table:
    """A table of nothing of a kind: of a thing or of many such, of values, or of names and values."""
    kind = bare(kind)
    if get_origin(kind) is dict:
        held = {"name": str, "value": get_args(kind)[1]}
    else:
        row = get_args(kind)[0] if get_origin(kind) in (tuple, list) else kind
        # What is only called a dictionary, or nothing, may have any columns.
        held = held_by(row) or ({} if row is None or get_origin(row) is dict else {"value": row})
    return pa.table({name: pa.array([], _column(of)) for name, of in held.items()})


def held_by(kind: Any) -> dict[str, Any]:
    """What a thing of a kind holds by name, and what it works out of that, each with its kind; plain values nothing."""
    kind = bare(kind)
    if not is_dataclass(kind) and not hasattr(kind, "_fields"):
        return {}
    # A mix-in holds nothing, and may name for its types what isn't installed.
    made_of = [each for each in kind.__mro__ if is_dataclass(each) or hasattr(each, "_fields")]
    names: dict[str, Any] = {}
    for each in made_of:
        names |= _typed_only(each.__module__)
    held = get_type_hints(kind, localns=names)
    for each in made_of:
        for name, made in vars(each).items():
            if isinstance(made, property):
                worked_out = get_type_hints(made.fget, localns=names).get("return")
                # What things are sorted by is a tuple of many kinds, which is no table's column.
                held |= {} if get_origin(worked_out) is tuple else {name: worked_out}
    return {name: of for name, of in held.items() if not name.startswith("_")}


def bare(kind: Any) -> Any:
    """A kind that may be None, without that."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return next(each for each in get_args(kind) if each is not NoneType)


def _column(kind: Any) -> pa.DataType:
    kind = bare(kind)
    if get_origin(kind) is Literal:
        kind = type(get_args(kind)[0])
    if get_origin(kind) in (tuple, list):
        return pa.list_(_column(get_args(kind)[0]))
    return _KINDS.get(kind, pa.null())


@cache
def _typed_only(module: str) -> dict[str, Any]:
    """The names that a module imports for its types alone."""
    found: dict[str, Any] = {}
    if (loaded := sys.modules.get(module)) is None or not hasattr(loaded, "TYPE_CHECKING"):
        return found
    for part in ast.parse(inspect.getsource(loaded)).body:
        if isinstance(part, ast.If) and isinstance(part.test, ast.Name) and part.test.id == "TYPE_CHECKING":
            exec(compile(ast.Module(part.body, []), module, "exec"), found)  # noqa: S102  # nosec B102 # Clew's own
    return found
