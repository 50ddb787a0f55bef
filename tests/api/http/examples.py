"""How the document's examples are asked of the corner shop. As a program it writes their answers anew."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from api.http import Settings, create_app
from api.http.describe import EXAMPLES, examples
from tests.api.http.conftest import Caller, make

#: As many things of a list are shown.
_MOST = 2


def ask(api: Caller, example: dict[str, Any]) -> httpx.Response:
    """Send an example's request."""
    given = example.get("in", {})
    rest = {name: value for name, value in given.items() if f"{{{name}}}" not in example["path"]}
    body = {"json": example["body"]} if "body" in example else {}
    return api.send(example["method"], example["path"].format(**given), params=rest, **body)


def short(found: Any) -> Any:
    """An answer as it is shown: the first things of each list."""
    if isinstance(found, list):
        return [short(item) for item in found[:_MOST]] if found and isinstance(found[0], dict | list) else found
    return {name: short(value) for name, value in found.items()} if isinstance(found, dict) else found


def main() -> None:
    """Ask everything again, and write the answers."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        api = Caller(create_app(Settings(project=make(Path(folder) / "corner"), local=True)), opened)
        asked = [{**example, "answer": short(ask(api, example).json())} for example in examples()]
    EXAMPLES.write_text(json.dumps(asked, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
