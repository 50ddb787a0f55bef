"""Records -> scored pairs, each with its reasons. The only package that imports Splink."""

from engine.link.stage import Linked, link, model_fits
from engine.link.weigh import weigh

__all__ = ["Linked", "link", "model_fits", "weigh"]
