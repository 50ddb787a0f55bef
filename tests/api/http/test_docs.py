"""docs/api.md is right: its examples are sent, and its tables name what there is."""

from __future__ import annotations

import os
import re
import shlex
import time
from pathlib import Path

import pytest

import clew
from api.http.desk import LOOK
from api.project import Project
from engine.state.keys import SCOPES
from tests.api.http.conftest import Caller, listening
from tests.api.test_notebooks import cell_with

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = [line for line in TEXT.splitlines() if line.startswith("curl ")]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_answered(desk: Caller, example: str) -> None:
    words = shlex.split(example)[1:]
    body = words[words.index("-d") + 1] if "-d" in words else None
    headers = dict(words[n + 1].split(": ", 1) for n, word in enumerate(words) if word == "-H")
    assert headers.pop("X-API-Key") == "$KEY"
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
    path = words[-1].removeprefix("$CLEW")
    found = desk.send(method, path, content=body, headers=headers)
    assert found.status_code in (200, 201), found.text


def test_the_program_runs(
    desk: Caller, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    with Project(copy) as opened:
        monkeypatch.setenv("CLEW_KEY", opened.create_key("program", ["admin"]).text)
    with listening(desk.app, lifespan="off") as address:
        assert "http://127.0.0.1:8000" in program
        # The server takes note of the key within a second.
        time.sleep(2 * LOOK)
        exec(program.replace("http://127.0.0.1:8000", address), {})
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("John Doe [")
    assert len(told) > 3
    assert told[-1].startswith("404 urn:clew:not-found")


def test_the_notebooks_question_is_answered(
    desk: Caller, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Project(copy) as opened:
        monkeypatch.setenv("CLEW_KEY", opened.create_key("notebook", ["read-personal"]).text)
    with listening(desk.app, lifespan="off") as address:
        monkeypatch.setenv("CLEW_URL", address)
        time.sleep(2 * LOOK)
        exec(cell_with("6_who_is_this.ipynb", "CLEW_URL"), {"os": os, "clew": clew, "WHO": "john@email.com"})
    assert capsys.readouterr().out == "John Doe\n"


def test_every_route_and_scope_is_named(api: Caller) -> None:
    for path in api.get("/openapi.json").json()["paths"]:
        told = path.replace("/{customer}", "/ID").replace("{purpose}/{channel}", "PURPOSE/CHANNEL")
        told = told.replace("{entry}", "ENTRY")
        assert f"`{told}`" in TEXT or f" {told}`" in TEXT or f"...{told.removeprefix('/v1/customers/ID')}`" in TEXT, (
            path
        )
    rows = re.findall(r"^\| `([a-z-]+)` \|([^|]*)\|[^|]*\|$", TEXT, re.MULTILINE)
    assert [(scope, tuple(re.findall("`(.*?)`", holds))) for scope, holds in rows] == list(SCOPES.items())
