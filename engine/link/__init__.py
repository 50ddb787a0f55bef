"""Records -> scored pairs, each with its reasons. The only package that imports Splink."""

from engine.link.again import RuleShare, linker, rule_shares, set_up
from engine.link.comparisons import ENOUGH_PEOPLE
from engine.link.model import Model
from engine.link.stage import Linked, link, model_fits
from engine.link.weigh import weigh

__all__ = [
    "ENOUGH_PEOPLE",
    "Linked",
    "Model",
    "RuleShare",
    "link",
    "linker",
    "model_fits",
    "rule_shares",
    "set_up",
    "weigh",
]
