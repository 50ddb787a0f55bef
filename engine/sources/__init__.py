"""Files, frames and databases become the raw tables."""

from engine.sources.presets import Preset, presets, recognise
from engine.sources.project import write_project
from engine.sources.read import ReadSummary, SourceSummary, check_names, read_sources

__all__ = [
    "Preset",
    "ReadSummary",
    "SourceSummary",
    "check_names",
    "presets",
    "read_sources",
    "recognise",
    "write_project",
]
