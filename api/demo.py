"""A made-up shop whose persons are known: made, run, judged, and asked about one of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from api.project import PROJECT_FILE, Project, init
from api.results import Demo
from engine.errors import ConfigError
from engine.progress import Reporter, Silent

#: The file that tells a demo's folder from one of the user's own.
DEMO_FILE = ".clew-demo"

#: The made-up shop sells in three currencies.
_RATES = """
rates:   # what one unit is worth in the shop's currency; `since: 2026-01-01` starts a new one
"""


def demo(
    folder: Path | str = "clew-demo", records: int = 6000, seed: int = 1, *, reporter: Reporter | None = None
) -> Demo:
    """Make a shop of `records` records whose persons are known, run on it, judge the answer, and ask one good question.

    A demo that is in `folder` already starts afresh, but keeps its project file. ConfigError for a folder of other
    things.
    """
    from engine.demo import check_size, generate
    from engine.demo.hero import EMAIL
    from engine.demo.rates import CURRENCIES, WORTH

    told = reporter or Silent()
    folder = Path(folder)
    check_size(records, seed)
    _make_room(folder, records, seed)
    told.stage("exports")
    made = generate(folder, records, seed)
    path = folder / PROJECT_FILE
    if not path.exists():
        path = init(folder)
        with path.open("a", encoding="utf-8") as file:
            file.write(_RATES)
            for currency, worth in zip(CURRENCIES[1:], WORTH[1:], strict=True):
                file.write(f"  - {{currency: {currency}, rate: {worth}}}\n")
    with Project(path) as project:
        summary = project.run(reporter=told)
        judged = project.evaluate(folder / "truth.csv")
        answer = project.whois(EMAIL)
    return Demo(folder, path, made.persons, made.records, made.events, seed, summary, judged, answer)


def _make_room(folder: Path, records: int, seed: int) -> None:
    """Make the folder a demo's, or refuse it."""
    marker = folder / DEMO_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not marker.exists() and any(folder.iterdir()):
            raise ConfigError(f"{folder}: holds files that are no demo; give a folder that is new or empty")
        marker.write_text(json.dumps({"clew": "demo", "records": records, "seed": seed}) + "\n", encoding="utf-8")
        store = folder / ".clew"
        if store.exists():
            shutil.rmtree(store)
    except OSError as error:
        raise ConfigError(f"{folder}: can't hold a demo: {(error.strerror or str(error)).lower()}") from error
