"""What two runs have different, as a shop owner would tell it: as text, and in `page` as a page."""

from api.render.comparison.text import comparison, planned

__all__ = ["comparison", "planned"]
