from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import clew
from api.project import Project

HOME = Path(__file__).resolve().parents[1]


def _python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Python as it runs in a folder: that folder is searched first, Clew's after it."""
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_the_public_names() -> None:
    assert clew.Project is Project
    assert callable(clew.open)
    assert callable(clew.init)
    assert callable(clew.demo)
    assert {name for name in clew.__all__ if not hasattr(clew, name)} == set()
    assert not hasattr(clew, "nothing")


def test_the_client_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    code = "import clew, sys; print('httpx' in sys.modules, clew.Client.__name__, 'httpx' in sys.modules)"
    found = _python(tmp_path, code)
    assert found.stdout.split() == ["False", "Client", "True"], found.stderr


@pytest.mark.parametrize("hidden", ["api", "engine", "graph"])
def test_a_package_of_the_users_own_is_named(tmp_path: Path, hidden: str) -> None:
    (tmp_path / hidden).mkdir()
    (tmp_path / hidden / "__init__.py").write_text("")
    found = _python(tmp_path, "import clew")
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: Clew's own package '{hidden}' is hidden by {tmp_path / hidden}")


def test_as_a_command_it_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "api.py").write_text("")
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    command = [sys.executable, "-m", "clew", "status"]
    found = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr.startswith("clew: Clew's own package 'api' is hidden by ")
    assert len(found.stderr.splitlines()) == 1


def test_a_module_of_the_users_own_is_named(tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_text("")
    assert "is hidden by" in _python(tmp_path, "import clew").stderr


def test_a_mere_folder_hides_nothing_and_an_import_brings_nothing_large(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    large = ("pandas", "polars", "scipy", "splink", "fastapi", "neo4j")
    found = _python(tmp_path, f"import clew, sys; print(*(name for name in {large} if name in sys.modules))")
    assert (found.returncode, found.stdout) == (0, "\n"), found.stderr


def test_python_m_clew_is_the_command(tmp_path: Path) -> None:
    found = subprocess.run([sys.executable, "-m", "clew", "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0
    assert "whois" in found.stdout
