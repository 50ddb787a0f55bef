"""How the pairs between two groups voted, kept up to date while groups are joined."""

from __future__ import annotations

from collections.abc import Iterable


class CrossPairs:
    """The votes between groups: of their scored pairs, those that are matches less those that are none."""

    def __init__(self, pairs: Iterable[tuple[int, int, bool]]) -> None:
        self._of: dict[int, dict[int, int]] = {}
        for a, b, match in pairs:
            self._of.setdefault(a, {})[b] = self._of.setdefault(b, {})[a] = 1 if match else -1

    def join(self, keep: int, gone: int) -> None:
        """Make one group of two, called `keep`."""
        kept, left = self._of.pop(keep, {}), self._of.pop(gone, {})
        kept.pop(gone, None)
        left.pop(keep, None)
        # The smaller side moves, so that all joins together cost little more than reading the pairs.
        if len(kept) < len(left):
            kept, left = left, kept
            for other in kept:
                self._of[other][keep] = self._of[other].pop(gone)
        for other, votes in left.items():
            theirs = self._of[other]
            theirs.pop(gone, None)
            theirs[keep] = kept[other] = kept.get(other, 0) + votes
        if kept:
            self._of[keep] = kept

    def agree(self, a: int, b: int) -> bool:
        """Tell whether at least half of the scored pairs between two groups are matches."""
        return self._of.get(a, {}).get(b, 0) >= 0
