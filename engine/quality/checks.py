"""The checks of `clew health` on what was measured: shares beyond their limit, what fell, and what is unusual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.quality.duplicates import CAUSES
from engine.quality.findings import Finding, Seen, amount, percent, shown, to_do, told
from engine.quality.history import Point, Series
from engine.quality.metrics import BY_PERIOD, METRICS

#: Checks of a share, and the metrics whose share it is.
SHARES = {
    "rejected": ("rejected",), "misdated": ("early", "future", "undated"), "unusable": ("unusable",),
    "duplicates": ("duplicates",), "anonymous_orders": ("anonymous_orders",),
    "unrated": ("unrated", "no_currency", "unpriced", "unrated_claims"), "unplaced": ("unplaced",),
    "conflicts": ("conflicts",), "mismatch": ("mismatch",),
}  # fmt: skip
#: Metrics that move together: what is told of the first is told of the others.
ALIKE = {
    "rows": ("rows", "records", "events"), "filled": ("filled", "usable", "unusable"),
    "unusable": ("unusable", "usable"),
}  # fmt: skip
#: A share of fewer than this tells nothing.
FEW = 20
#: That none of so many anonymous events is anybody's is a fault in the exports, not a finding.
MANY = 100


def shares(seen: Seen) -> Iterator[Finding]:
    """Shares that are too large whatever they were before."""
    for check, metrics in SHARES.items():
        for s in (s for metric in metrics for s in seen.of(metric)):
            limit = seen.limits.of(check, s.source)
            few = s.now is None or ((s.now.whole or 0) < FEW and limit is not None and limit.warn > 0)
            part = s.metric == "unusable" and " " in (s.subject or "")  # told with the whole
            if s.now and not few and not part:
                said = f"{told(s, s.now)}{_mostly(seen, s)}; {to_do(s)}"
                yield from seen.find(check, s, s.now.number, said)


def _mostly(seen: Seen, s: Series) -> str:
    """What a bad share is made of, most of it first."""
    if s.metric == "duplicates":
        found = [o for o in seen.of("duplicate_causes") if o.source == s.source]
        parts = [(o.now.value, CAUSES.get(o.subject or "", "")) for o in found if o.now]
    elif s.metric == "unplaced":
        parts = [(o.now.value, f"“{o.subject}”") for o in seen.of("unplaced_words") if o.source == s.source and o.now]
    elif s.metric == "unusable":
        found = [
            o for o in seen.of("unusable") if o.source == s.source and (o.subject or "").startswith(f"{s.subject} ")
        ]
        parts = [(o.now.value, (o.subject or "").split(" ", 1)[1]) for o in found if o.now]
    else:
        return ""
    most = sorted((p for p in parts if p[0]), key=lambda p: (-p[0], p[1]))[:3]
    return f", mostly: {', '.join(f'{text} ({amount(value)})' for value, text in most)}" if most else ""


def fewer_rows(seen: Seen) -> Iterator[Finding]:
    """Sources that hold far less than in the run before."""
    for s in seen.of("rows"):
        before = s.earlier[-1].value if s.earlier else 0
        if s.now and before >= FEW and s.source not in seen.append:
            fell = 1 - s.now.value / before
            said = (
                f"{s.source}: {amount(s.now.value)} rows were read, {percent(fell)} fewer than in the run before "
                f"({amount(before)}); see whether its export is whole"
            )
            yield from seen.find("fewer_rows", s, fell, said)


def emptier(seen: Seen) -> Iterator[Finding]:
    """Fields, identifiers and parts of events that far fewer rows hold than in the run before."""
    for s in (s for metric in ("filled", "carried") for s in seen.of(metric)):
        whole = seen.now("records" if s.metric == "filled" else "events", s.source)
        now = s.now or (whole and Point(whole.label, 0, whole.value))
        before = s.earlier[-1] if s.earlier else None
        if now and before and min(now.whole or 0, before.whole or 0) >= FEW:
            said = f"{told(s, now)}, and {percent(before.number)} in the run before; {to_do(s)}"
            yield from seen.find("emptier", s, before.number - now.number, said)


def whole_shop(seen: Seen) -> Iterator[Finding]:
    """What is wrong with the answer itself."""
    for s in seen.of("stitched"):
        if s.now and (s.now.whole or 0) >= MANY:
            said = f"{told(s, s.now)}; {to_do(s)}"
            yield from seen.find("unstitched", s, 1 - s.now.number, said)
    for s in seen.of("largest"):
        if s.now:
            yield from seen.find("largest", s, s.now.value, f"{told(s, s.now)}; {to_do(s)}")
    for s in seen.of("claimed"):
        if s.now and s.subject == "never seen":
            said = (
                f"{s.source}: {amount(s.now.value)} of the {amount(s.now.whole or 0)} that it claims "
                f"({percent(s.now.number)}) is of customers whom the shop has never seen; they are in "
                "`clew measure reconciliation` as `never seen`: sales outside of the shop, or a match that is missing"
            )
            yield from seen.find("never_seen", s, s.now.number, said)


def spikes(seen: Seen, found: Sequence[Finding]) -> Iterator[Finding]:
    """Values far from what is usual, counted in the usual spread, in the direction that is bad.

    What other checks have `found` of a metric, or of one that goes with it, is no news.
    """
    known = {(m, f.source, f.subject) for f in found if f.metric for m in ALIKE.get(f.metric, (f.metric,))}
    for s in (s for name, s in seen.series.items() if name not in known):
        bad, usual = METRICS[s.metric].bad, s.usual
        if s.now is None or usual is None or bad is None or (s.metric == "rows" and s.source in seen.append):
            continue
        if s.now.whole is not None and s.now.whole < FEW:
            continue
        away = (s.now.number - usual.number) / usual.spread if usual.spread else 0.0
        if (away > 0 and bad != "fewer") or (away < 0 and bad != "more"):
            of = "earlier periods" if s.metric in BY_PERIOD else "runs before"
            said = (
                f"{told(s, s.now)}; usual is {shown(s, usual.number)} \N{PLUS-MINUS SIGN} {shown(s, usual.spread)} "
                f"by {usual.of} {of}; {to_do(s)}"
            )
            yield from seen.find("spike", s, abs(away), said)


def unjudged(seen: Seen) -> int:
    """How many numbers have too little history to tell a spike."""
    return sum(s.usual is None for s in seen.series.values() if s.now and METRICS[s.metric].bad)
