"""What is installed: the wheel holds all that the program needs, and works outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the repository and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_the_program_and_its_data(installed: Path) -> None:
    for part in (
        "clew.py",
        "engine/sources/presets/shopify_orders.yaml",
        "graph/sqlite/schema.py",
        "api/cli/app.py",
        "api/http/examples.json",
        "api/render/page/page.html",
        "api/render/page/style.css",
        "notebooks/1_audit.ipynb",
    ):
        assert (installed / part).exists(), part
    assert not (installed / "tests").exists()


def test_it_works_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    people = ["id,email,name", "1,ann@mail.com,Ann Ames", "2,ANN@mail.com,A. Ames", "3,bob@mail.com,Bob Byrd"]
    (tmp_path / "people.csv").write_text("\n".join(people))
    record = "{key: id, name: name, identifiers: [{type: email, column: email}]}"
    (tmp_path / "clew.yaml").write_text(f"sources: [{{path: people.csv, map: {{record: {record}}}}}]")
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    code = "import engine, sys; from api.cli import main; print(engine.__file__); main()"
    for words, expected in (
        (["run"], "2 customers"), (["whois", "ann@mail.com"], "Ann Ames"), (["notebooks"], "8_splink.ipynb")
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert str(installed) in done.stdout
        assert expected in done.stdout
    # A notebook that was copied reads the project beside it, of a shop without orders and visits too.
    code = """
import json
for cell in json.load(open("1_audit.ipynb"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]))
print(clew.__file__, len(known))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{installed / 'clew.py'} 1"
