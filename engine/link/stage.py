"""The link stage: fold, first groups, a model (kept or trained), blocking, scores."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.compute import Compute
from engine.config import Config
from engine.ledger.decided import NOTHING, Decided
from engine.link import blocking, own
from engine.link.blocking import Rule
from engine.link.comparisons import choose
from engine.link.model import Model
from engine.link.nodes import build_nodes
from engine.link.score import score
from engine.link.seeds import build_seeds
from engine.link.training import train


@dataclass(frozen=True)
class Linked:
    """What the stage leaves besides its tables: the model, where it is kept, and the rules that proposed pairs."""

    model: Model
    folder: Path
    rules: list[Rule]
    counts: dict[str, int]


def model_fits(config: Config, root: Path, folder: Path) -> bool:
    """Tell whether there is a model in a folder, and it is the one of the Splink file that the project may name."""
    if not (folder / "model.json").exists():
        return False
    settings = own.settings_of(config, root)
    if not settings:
        return True
    with Compute() as compute:
        return own.agrees(settings, Model.load(compute, folder))


def link(
    compute: Compute,
    config: Config,
    root: Path,
    models: Path,
    current: str | None = None,
    retrain: bool = False,
    decided: Decided = NOTHING,
    advance: Callable[[str], None] = lambda _: None,
) -> Linked:
    """Make `nodes`, `node_records`, `shared_values` and `scored` from `records` and `identifiers`.

    `models` is the folder of models and `current` the name of the one in use, which is kept as long as it was made for
    the same comparisons; `retrain` makes a new one all the same. `decided` is what people decided.
    Errors: LinkError where there are no records; ConfigError for a settings file that is none.
    """
    # Splink warns of every level that a pass didn't see; the model has its own answer to that.
    logging.getLogger("splink").setLevel(logging.ERROR)
    advance("fold")
    nodes = build_nodes(compute, config, decided)
    settings = own.settings_of(config, root)
    if settings:
        own.check_columns(compute, settings)
    comparisons = own.comparisons(settings) if settings else choose(compute, config.linkage.compare)
    model = None
    if current is not None and not retrain:
        folder = models / current
        kept = Model.load(compute, folder)
        model = kept if kept.fits(comparisons) and (not settings or own.agrees(settings, kept)) else None
    if model is None:
        advance("train")
        build_seeds(compute, config.limits.block_size)
        model = (own.trained(compute, settings) if settings else None) or train(compute, comparisons)
        models.mkdir(parents=True, exist_ok=True)
        folder = model.save(compute, models)
        compute.drop("seeds")
    advance("block")
    rules = blocking.choose(compute, config.linkage.blocking + own.blocking(settings))
    pairs = blocking.block(compute, rules, config.limits.block_size, config.linkage.link_only)
    advance("score")
    scored = score(compute, model)
    compute.drop("blocked", *(f"tf_{c}" for c in model.term_frequencies))
    return Linked(model, folder, rules, {"nodes": nodes, "pairs": pairs, "scored": scored})
