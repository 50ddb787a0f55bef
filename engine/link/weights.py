"""What m of every grade is in the end: the median of what the passes saw, or a rule where none saw it.

A grade that no pass saw is no evidence; no grade is worth more than the data could show.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Any

from engine.link.comparisons import DIFFER, SAME, Comparison

#: However rarely a grade was seen within a person, m is at least this share of u: so much can speak against a match.
M_FLOOR = 0.005
SOURCE_FLOOR = 1 / 64
#: Weights (bits) of one comparison's levels differ by more than this.
TELLING = 1e-5


def settle(
    settings: dict[str, Any], comparisons: list[Comparison], passes: dict[tuple[int, int], list[float]], floor: float
) -> None:
    """Decide m for every level, from the passes or, where none saw it, by rule."""
    for c, comparison in enumerate(comparisons):
        levels = settings["comparisons"][c]["comparison_levels"]
        seen = {v: median(passes[c, v]) for v in range(len(levels)) if (c, v) in passes}
        kinds = {v for v, level in enumerate(comparison.levels) if level.label == SAME or level.among_namesakes}
        if len(kinds) > 1 and kinds & seen.keys():
            # A person repeats an address of either kind as often as of the other.
            seen |= dict.fromkeys(kinds, min(sum(seen.get(v, 0.0) for v in kinds), 1.0))
        agreed = _repeats(comparison, levels, seen, floor)
        settled: dict[str, tuple[float, float]] = {}
        for v, level in enumerate(comparison.levels):
            if level.null:
                continue
            u = levels[v]["u_probability"]
            if comparison.name == "account":
                # Never learned: no pass can hold it apart, and an account is one person's by its nature.
                u = levels[v]["u_probability"] = floor
                m = 0.9 if level.label != DIFFER else u
            elif level.given:
                m, u = level.given
                levels[v]["u_probability"] = u
            elif not seen and comparison.name != "source":
                m = level.usual[0] if level.usual else u
            elif not agreed:
                m = u  # a field that never repeats within a person can only contradict, and admission sees to that
            elif level.like in settled:
                like_m, like_u = settled[level.like]
                # With a term frequency in place of u, the two weigh the same where m is.
                m = like_m if level.tf else min(u * like_m / like_u, 1.0)
            else:
                m = max(seen.get(v, u), u * (SOURCE_FLOOR if comparison.name == "source" else M_FLOOR))
            settled[level.label] = (m, u)
            levels[v]["m_probability"] = m
        _tell_apart(levels)


def _tell_apart(levels: list[dict[str, Any]]) -> None:
    """Nudge m where two levels weigh the same, or one weighs nothing: a weight then tells its level.

    The nudge is too small to play a part.
    """
    taken = [0.0]
    for level in (v for v in levels if not v.get("is_null_level")):
        m, u = float(f"{min(max(level['m_probability'], 1e-9), 1.0):.8g}"), level["u_probability"]
        while any(abs(math.log2(m / u) - other) < 3 * TELLING for other in taken):
            m *= 1 - 4 * TELLING
        level["m_probability"] = m
        taken.append(math.log2(m / u))


def _repeats(comparison: Comparison, levels: list[dict[str, Any]], seen: dict[int, float], floor: float) -> bool:
    """Tell whether training saw the field repeat within people, at odds clearly better than between them.

    The strongest grade that the data has at all decides: without streets, that of an address is its postcode.
    """
    for v, level in enumerate(comparison.levels):
        u = 1.0 if level.null else levels[v]["u_probability"]
        if comparison.name != "source" and not level.null and (v in seen or u > floor):
            m = min(seen.get(v, 0.0), 1 - 1e-9)
            return level.label != DIFFER and m * (1 - u) > 3 * u * (1 - m)
    return True
