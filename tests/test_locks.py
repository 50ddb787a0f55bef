"""What is installed: the image's lock is a part of the whole one, and neither says where packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
IMAGE, WHOLE = "requirements-run.lock", "requirements.lock"

#: A package of a lock: its name, its version with its condition, and its hashes.
_PACKAGE = re.compile(r"([a-z0-9-]+)==(\S+)( ; [^\\\n]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")
_COMMENT = re.compile(r" *#.*\n")


def locked(lock: str) -> dict[tuple[str, str], str]:
    """Name and version -> hashes. Nothing else may stand in a lock."""
    text = _COMMENT.sub("", (REPOSITORY / lock).read_text(encoding="utf-8"))
    assert _PACKAGE.sub("", text) == ""
    return {(name, version): hashes for name, version, _, hashes in _PACKAGE.findall(text)}


def test_the_images_lock_is_a_part_of_the_whole_one() -> None:
    image, whole = locked(IMAGE), locked(WHOLE)
    assert image.items() < whole.items()


def test_the_images_lock_has_what_clew_takes_and_nothing_to_develop_with() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {name for name, _ in locked(IMAGE)}

    def plain(wanted: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9-]", one)[0].lower() for one in wanted}

    taken = plain(
        project["dependencies"] + [one for extra in ("postgres", "mysql", "oidc", "otel") for one in extras[extra]]
    )
    assert taken <= names
    # What builds the wheel is there to install Clew itself.
    assert plain(extras["dev"]) & names == {"hatchling"}


@pytest.mark.parametrize("lock", [IMAGE, WHOLE])
def test_a_lock_names_no_index(lock: str) -> None:
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|index-url|find-links", text)


def test_the_image_is_made_from_its_lock() -> None:
    steps = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"\S+\.lock", steps) == [IMAGE, f"/clew/{IMAGE}"]
