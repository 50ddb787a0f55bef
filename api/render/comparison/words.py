"""What two runs have different, in the words that text and page share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from api.render.words import count, number, percent, safe, says_nothing
from engine.compare import Comparison, Elsewhere, Figure, Verdict

#: What became of customers -> words.
KINDS = {
    "merged": "were joined with others", "split": "were parted", "regrouped": "were put together otherwise",
    "created": "are new", "retired": "have ended", "changed": "have other records", "unchanged": "are as they were",
}  # fmt: skip
#: Kinds whose parts of a difference are told, in the words of a cause.
CAUSES = {
    "merged": "joining", "split": "parting", "regrouped": "regrouping", "created": "new customers",
    "retired": "ended ones", "changed": "other records", "unchanged": "other data or settings",
}  # fmt: skip
RATES = ("repeat rate",)
COUNTS = ("customers", "buyers", "buyers who came back", "consent conflicts")
#: What another system would say to a merge -> words.
VERDICTS: dict[Verdict, str] = {
    "refuses": "refused", "choose": "needs a choice", "check": "nothing known against it",
}  # fmt: skip
UNSEEN = "Look there for what stops a merge and stands in no export"
MERGES = "Merges that other systems would have to follow"
#: What to do where the settings of a plan aren't those of the file.
SETTINGS = "it says otherwise than this plan: write the plan's settings into it first"
#: Named of each list that may be long.
NAMED = 4


def title(found: Comparison) -> str:
    """The two runs."""
    if found.before is None:
        return f"{safe(found.after)}, and nothing before it"
    return f"From {safe(found.before)} to {safe(found.after)}"


#: What is said where nothing went in otherwise.
ALIKE = "The same inputs, rules, decisions and model."


def changed(found: Comparison) -> list[str]:
    """What went in otherwise than before."""
    if found.before is None:
        return []
    said = [f"{safe(c.key)}: {safe(c.before or 'nothing')}, now {safe(c.after or 'nothing')}" for c in found.rules]
    said = said[:NAMED] + ([f"and {len(said) - NAMED} more settings"] if len(said) > NAMED else [])
    said += ["another model"] if found.model else []
    said += [f"what was decided in {_entries(found.decided)}"] if found.decided else []
    said += [f"what was decided in {_entries(found.undecided)} is undone"] if found.undecided else []
    inputs = [_input(i.file, i.rows_before, i.rows_after) for i in found.inputs[:NAMED]]
    rest = len(found.inputs) - NAMED
    said += inputs + ([f"and {rest} more files"] if rest > 0 else [])
    return said or [ALIKE]


def _entries(entries: tuple[int, ...]) -> str:
    named = ", ".join(map(str, entries[:NAMED])) + (" and others" if len(entries) > NAMED else "")
    return f"{'entry' if len(entries) == 1 else 'entries'} {named}"


def _input(file: str, before: int | None, after: int | None) -> str:
    if before is None:
        return f"{safe(file)} is new ({after:,} rows)"
    if after is None:
        return f"{safe(file)} is gone ({before:,} rows)"
    if before == after:
        return f"{safe(file)}: other content, {after:,} rows as before"
    return f"{safe(file)}: {before:,} rows, now {after:,}"


def difference(figure: Figure) -> float | None:
    """By how much a figure differs, where that can be said."""
    return None if figure.before is None or figure.after is None else figure.after - figure.before


def same(found: Comparison) -> bool:
    """Whether every customer, figure and audience is as it was."""
    kept = found.before is not None and found.kinds["unchanged"] == sum(found.kinds.values())
    return (
        kept
        and all(f.before == f.after and not f.parts for f in found.figures)
        and not any(a.enter or a.leave for a in found.audiences)
    )


def figure_amount(figure: Figure, value: float | None, signed: bool = False) -> str:
    """A figure's value, or a part of its difference."""
    if value is None:
        return ""
    if figure.name in RATES:
        return f"{number(value * 100, '.1f', signed=True)} points" if signed else percent(value)
    return number(value, ",.0f" if figure.name in COUNTS else ",.2f", signed=signed)


def made_by(parts: Mapping[str, float], amount: Callable[[float], str]) -> list[tuple[str, float, str]]:
    """The parts of a difference (cause, number, its words), the largest first, without what reads as nothing."""
    most = sorted(parts.items(), key=lambda part: -abs(part[1]))
    told = ((CAUSES[kind], value, amount(value)) for kind, value in most)
    return [part for part in told if not says_nothing(part[2])]


def customers(ids: tuple[str, ...]) -> str:
    """Some customers, by their ids."""
    if not ids:
        return "nobody"
    rest = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(map(safe, ids[:NAMED])) + rest


def agreement(found: Comparison) -> str:
    """How alike the two runs are."""
    a = found.agreement
    return (
        f"of {count(a.records, 'record')} in both: {a.pairs_gained:,} pairs gained, {a.pairs_lost:,} lost; "
        f"adjusted Rand {a.adjusted_rand:.4f}, V-measure {a.v_measure:.4f}"
    )


def several(found: Elsewhere) -> str:
    """How many customers have accounts to merge in a system."""
    return f"{count(found.customers, 'customer has', 'customers have')} several accounts that weren't one before"


def sources(found: Elsewhere) -> list[str]:
    """The pages that say what a system makes of its merges."""
    return list(dict.fromkeys([*(why.source for why in found.because.values()), *found.sources]))


def weighed(found: Elsewhere) -> list[str]:
    """What stands against a system's merges, the worst first."""
    return [f"{VERDICTS[verdict]} ({n:,}): {found.because[verdict].words}" for verdict, n in found.verdicts.items()]
