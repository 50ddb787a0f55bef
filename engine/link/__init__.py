"""Records -> scored pairs, each with its reasons. The only package that imports Splink."""

from engine.link.stage import Linked, link

__all__ = ["Linked", "link"]
