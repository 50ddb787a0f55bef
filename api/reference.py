"""docs/python.md and docs/settings.md, made from the public face's docstrings and from the settings' own descriptions.

`python -m api.reference > docs/python.md`, `python -m api.reference settings > docs/settings.md`.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import clew
from api.project import Project
from api.shown import Shown
from engine.complaints import models_in
from engine.config import DEFAULT_IDENTIFIERS, Config
from engine.limits import Health
from engine.sources.mapping import Mapping

_INTRO = """# From Python

Made from the code by `python -m api.reference`. `import clew` is all that is imported.

```python
import clew

with clew.open("clew.yaml") as project:
    answer = project.whois("john@email.com")
    print(answer.customer.name)
    print(answer.to_pandas())
```

In a notebook each answer shows itself as the command line does, a plan and a comparison as a page with charts;
`to_dict()` gives it in plain values. What it holds becomes a table by the methods of every answer, below. Only what
isn't Clew's own (a path, a number, Splink's linker) is as Python shows it. What goes wrong is a `clew.ClewError`,
whose text is written for the user.
"""

_SETTINGS = """# The project file

Every setting of `clew.yaml`, made from the code by `python -m api.reference settings`. Only `sources` has to be there.
A setting that doesn't exist is an error, with the line and the nearest one that does. What a change would do, `clew
plan` shows first.
"""
#: Groups of settings that have a page of their own.
_ELSEWHERE = {
    Mapping: "[sources.md](sources.md#the-parts-of-a-map)",
    Health: "[health.md](health.md#checks-and-limits)",
}


def reference() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRO, *_lines()])


def _lines() -> Iterator[str]:
    yield "## Beginning\n"
    for name, function in (("open", clew.open), ("init", clew.init), ("demo", clew.demo)):
        yield from _told(f"clew.{name}", function)
    for kind in Project.__mro__[1:-2]:  # what a project is made of, but for what all of it rests on
        made = [m for m in vars(kind).items() if inspect.isfunction(m[1]) and not m[0].startswith("_")]
        yield f"## {_plain(inspect.getdoc(kind) or '')[0].rstrip('.')}\n"
        for name, function in made:
            yield from _told(f"project.{name}", function)
    yield "## What every answer can do\n"
    for name in ("to_arrow", "to_pandas", "to_polars"):
        yield from _told(f"answer.{name}", getattr(Shown, name))
    yield "The client of the HTTP API, `clew.Client`, is in [api.md](api.md).\n"


def _told(name: str, function: Callable[..., object]) -> Iterator[str]:
    signature = inspect.signature(function)
    named = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "self"]
    shown = str(signature.replace(parameters=named, return_annotation=signature.empty))
    gives = signature.return_annotation
    yield f"### `{name}{shown}`\n"
    yield from (f"{paragraph}\n" for paragraph in _plain(inspect.getdoc(function) or ""))
    if gives not in (None, "None", signature.empty):
        yield f"Gives `{gives}`.\n"


def settings() -> str:
    """The page of the project file's settings as Markdown."""
    return "\n".join([_SETTINGS, *_group(Config, "")])


def _group(model: type[BaseModel], path: str) -> Iterator[str]:
    """A group of settings as a table, and then those inside of it."""
    if path:
        yield f"## `{path}`\n\n{_plain(inspect.getdoc(model) or '')[0]}\n"
    yield "| setting | what it says | takes | default |\n|---|---|---|---|"
    inside = []
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        group = next(models_in(field.annotation), None)
        told = field.description or (_plain(inspect.getdoc(group) or "")[0] if group else "")
        if group in _ELSEWHERE:
            told = f"{told.rstrip('.')}: {_ELSEWHERE[group]}"
        elif group:
            inside.append((group, here + "[]" * (typing.get_origin(field.annotation) is tuple)))
        yield f"| `{name}` | {told.rstrip('.')} | {_takes(field.annotation)} | {_default(field)} |"
    yield ""
    for group, here in inside:
        yield from _group(group, here)
    if path == "identifiers":
        yield "By default:\n\n| type | trust | priority |\n|---|---|---|"
        yield from (
            f"| `{kind}` | {policy.trust} | {policy.priority} |" for kind, policy in DEFAULT_IDENTIFIERS.items()
        )
        yield ""


#: What a setting takes, by its type.
_TAKES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", date: "a day"}


def _takes(annotation: Any) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(f"`{word}`" for word in parts)
    if origin is dict:
        return f"by name: {_takes(parts[1])}"
    if origin is tuple:
        return f"a list of: {_takes(parts[0])}"
    if parts:  # or nothing, or with a check
        return _takes(parts[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "settings"
    return _TAKES[annotation]


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "must be there"
    if value is None or isinstance(value, BaseModel) or value in ((), {}, ""):
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _plain(text: str) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [re.sub(r"\s+", " ", paragraph).strip() for paragraph in text.split("\n\n")]


if __name__ == "__main__":
    sys.stdout.write(settings() if "settings" in sys.argv else reference())
