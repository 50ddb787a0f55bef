"""Matches -> groups of records, under the limits."""

from engine.cluster.groups import cluster

__all__ = ["cluster"]
