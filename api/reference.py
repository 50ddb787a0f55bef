"""docs/python.md, made from the docstrings of the public face: `python -m api.reference > docs/python.md`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator

import clew
from api.project import Project
from api.shown import Shown

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
`to_dict()` gives it in plain values. What it holds becomes a table by the methods of every answer, below. What goes
wrong is a `clew.ClewError`, whose text is written for the user.
"""


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


def _plain(text: str) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [re.sub(r"\s+", " ", paragraph).strip() for paragraph in text.split("\n\n")]


if __name__ == "__main__":
    sys.stdout.write(reference())
