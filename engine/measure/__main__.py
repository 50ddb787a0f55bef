"""`python -m engine.measure` makes docs/measures.md anew, after a change of a view."""

from __future__ import annotations

from pathlib import Path

from engine.measure import dictionary

DOCUMENT = Path(__file__).parents[2] / "docs" / "measures.md"

if __name__ == "__main__":
    DOCUMENT.write_text(dictionary(), encoding="utf-8")
