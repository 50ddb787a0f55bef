"""How every result shows itself in a notebook and becomes a table: one mix-in for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from api.columns import bare, held_by, without_rows
from engine.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from rich.console import RenderableType


class Shown:
    """A result that a notebook shows as the command line does, and whose parts are tables.

    `page` names what draws it, as `module:function` of `api.render`; `sheet` the same for a page of HTML with charts,
    if a notebook is to show that instead; `rows` is the part that stands for all of it, without one its own row does.
    """

    __slots__ = ()
    _page: ClassVar[str]
    _sheet: ClassVar[str]
    _rows: ClassVar[str]

    def __init_subclass__(cls, *, page: str = "", sheet: str = "", rows: str = "") -> None:
        super().__init_subclass__()
        if page:
            cls._page, cls._sheet, cls._rows = page, sheet, rows

    def __rich__(self) -> RenderableType:
        """What a terminal shows."""
        page: RenderableType = self._drawn(self._page)
        return page

    def _drawn(self, by: str) -> Any:
        module, function = by.split(":")
        return getattr(import_module(f"api.render.{module}"), function)(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows."""
        from api.render.picture import as_html, as_text, framed

        page = self.__rich__()
        html = framed(self._drawn(self._sheet).html()) if self._sheet else as_html(page)
        return {"text/html": html, "text/plain": as_text(page)}

    def to_arrow(self, part: str | None = None) -> pa.Table:
        """The rows of a part (a field; `field.inner` for one inside it) as an Arrow table; default: the main ones.

        Errors: NotFoundError for a part that there isn't, which names those that there are.
        """
        found: Any = self
        kind: Any = type(self)
        for name in filter(None, (part or self._rows).split(".")):
            kinds = held_by(kind)
            known = dict.fromkeys(kinds) if found is None else _parts(found)
            if name not in known:
                whole = bare(kind) if found is None else type(found)
                raise NotFoundError(f"{whole.__name__} has no part {name!r}; there are {', '.join(known)}")
            found, kind = known[name], kinds.get(name)
        return without_rows(kind) if found is None or found in ((), [], {}) else _table(found)

    def to_pandas(self, part: str | None = None) -> pd.DataFrame:
        """The same as a pandas data frame: see `to_arrow`."""
        frame: pd.DataFrame = self.to_arrow(part).to_pandas()
        return frame

    def to_polars(self, part: str | None = None) -> pl.DataFrame:
        """The same as a Polars data frame: see `to_arrow`. ConfigError where Polars isn't installed."""
        try:
            import polars as pl
        except ImportError as error:
            raise ConfigError("Polars isn't installed: pip install polars") from error
        found = pl.from_arrow(self.to_arrow(part))
        assert isinstance(found, pl.DataFrame)  # noqa: S101  # nosec B101 # of a table it makes a frame
        return found


def _table(found: Any) -> pa.Table:
    """Rows as a table: of many things one each, of names and numbers a row each, of one thing its own."""
    if isinstance(found, pa.Table):
        return found
    if isinstance(found, Mapping):
        found = [{"name": name, "value": value} for name, value in found.items()]
    elif _parts(found) or not isinstance(found, tuple | list):
        found = [found]
    return pa.Table.from_pylist([_cell(row) if _parts(row) else {"value": _cell(row)} for row in found])


def _parts(item: Any) -> dict[str, Any]:
    """What a thing holds by name, and what it works out of that; nothing of plain values."""
    if isinstance(item, Mapping):
        return dict(item)
    named = getattr(item, "_asdict", None)
    if named is not None:
        held = dict(named())
    elif is_dataclass(item) and not isinstance(item, type):
        held = {field.name: getattr(item, field.name) for field in fields(item)}
    else:
        return {}
    worked_out = (
        name for kind in type(item).__mro__ for name, made in vars(kind).items() if isinstance(made, property)
    )
    # What things are sorted by is a tuple of many kinds, which is no table's column.
    more = ((name, getattr(item, name)) for name in worked_out if not name.startswith("_"))
    return held | {name: value for name, value in more if type(value) is not tuple}


def _cell(value: Any) -> Any:
    """A value that Arrow knows."""
    if parts := _parts(value):
        return {str(name): _cell(held) for name, held in parts.items()}
    if isinstance(value, Mapping):
        return None  # Arrow has no column for what holds nothing
    if isinstance(value, Path):
        return str(value)
    return [_cell(item) for item in value] if isinstance(value, Iterable) and not isinstance(value, str) else value
