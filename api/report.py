"""What a report is made of: the measures of the current run, and some of them as they were before unification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from api.placing import check_place, placed
from api.results import Health
from engine.compute import Compute
from engine.config import Config
from engine.errors import ConfigError
from engine.measure import KEPT, open_views, read_times, tables_read
from engine.measure.identities import before
from engine.measure.totals import READ, SHARED, Totals, totals
from engine.runs import RunTables, read_manifest, started

#: Rows of what may have any number of them.
TOP = 15
#: Months that are shown: of the calendar, and since a first purchase.
MONTHS, SINCE = 24, 12

#: By this a page is known.
MARK = b'<meta name="generator" content="Clew'
_ENDINGS = (".html", ".htm")

Rows = list[dict[str, Any]]

#: Name -> SQL of the rows that the page shows.
_SHOWN = {
    "channels": "FROM channels ORDER BY revenue DESC NULLS LAST, acquired_by",
    "retention_velocity": "FROM retention_velocity ORDER BY acquired_by, days",
    "segment_cohorts": f"""
        WITH big AS (SELECT segment FROM cohorts WHERE months = 0 GROUP BY segment
                     ORDER BY sum(active) DESC, segment LIMIT {TOP}),
        -- Only cohorts that are old enough for a month to be over.
        grid AS (SELECT segment, cohort, active AS buyers, unnest(range(1, {SINCE} + 1)) AS months
                 FROM cohorts SEMI JOIN big USING (segment) WHERE months = 0)
        SELECT segment, months, sum(g.buyers)::BIGINT AS buyers, coalesce(sum(c.active), 0)::BIGINT AS active
        FROM grid g LEFT JOIN cohorts c USING (segment, cohort, months)
        WHERE g.cohort + to_months((g.months + 1)::INTEGER) <= $as_of
        GROUP BY ALL ORDER BY segment, months""",
    "revenue_quality": f"""FROM (FROM revenue_quality WHERE month IS NOT NULL ORDER BY month DESC LIMIT {MONTHS})
        ORDER BY month""",
    "undated": "SELECT orders, net FROM revenue_quality WHERE month IS NULL",
    "storefronts": f"FROM storefronts ORDER BY net DESC NULLS LAST, storefront LIMIT {TOP}",
    "no_rate": """SELECT coalesce(currency, 'no currency') AS currency, count(*) AS orders FROM purchases
                  WHERE net IS NULL AND total IS NOT NULL GROUP BY ALL ORDER BY orders DESC, currency""",
    "attribution": "FROM attribution ORDER BY channel, way",
    "attribution_months": f"""FROM attribution_months WHERE month IN
        (SELECT DISTINCT month FROM attribution_months WHERE month IS NOT NULL ORDER BY month DESC LIMIT {SINCE})
        AND way = 'lifecycle' ORDER BY channel, month""",
    # Folded, an address in a campaign's name can't be told any more.
    "campaign_quality": f"""SELECT q.*, count(*) OVER () AS campaigns, s.spellings
        FROM campaign_quality q LEFT JOIN spelt s ON s.channel = q.channel AND s.campaign = q.campaign
        WHERE q.campaign IS NOT NULL ORDER BY buyers DESC, q.channel, q.campaign LIMIT {TOP}""",
    "unknown_campaigns": f"""SELECT touches, spellings, count(*) OVER () AS campaigns,
            sum(touches) OVER ()::BIGINT AS all_touches
        FROM spelt WHERE channel = 'other' ORDER BY touches DESC, campaign LIMIT {TOP}""",
    "reconciliation": """SELECT source, outcome, count(*) AS customers, sum(claimed) AS claimed, sum(bought) AS bought
        FROM reconciliation GROUP BY ALL ORDER BY source, customers DESC, outcome""",
    "message_conversion": f"FROM message_conversion ORDER BY sent DESC, segment, channel LIMIT {TOP}",
    "segment_profit": f"FROM segment_profit ORDER BY customers DESC, segment LIMIT {TOP}",
    "recovered_carts": "FROM recovered_carts ORDER BY month, channel",
    "suppression_accuracy": "FROM suppression_accuracy ORDER BY month, channel",
}
#: The views that all of it comes from.
_ASKED = frozenset((*READ, "campaigns")).union(*map(tables_read, _SHOWN.values()))


@dataclass(frozen=True)
class Report:
    """What the page says, as of the time of the newest order or event.

    `rows` has the rows of each measure that are shown, `health` how the data of the run stand.
    """

    name: str
    currency: str
    manifest: dict[str, Any]
    as_of: datetime
    before: Totals
    after: Totals
    rows: dict[str, Rows]
    health: Health

    @property
    def run_id(self) -> str:
        """The run that is reported."""
        return str(self.manifest["run_id"])

    @property
    def sources(self) -> list[str]:
        """The sources that the run read, or took from the run before."""
        return sorted({row["source"] for row in self.manifest["inputs"]})

    def over(self, month: date) -> bool:
        """Tell whether a month, by its first day, was over then."""
        return (month.year, month.month) < (self.as_of.year, self.as_of.month)


def read_report(run: RunTables, config: Config, health: Health, at: datetime | None = None) -> Report:
    """Read all that a report of a run needs, as of `at` (UTC, naive), or of its newest order or event."""
    with Compute() as compute:
        open_views(compute, run, at, identities=before, keep=SHARED, only=READ)
        earlier = totals(compute)
    manifest = read_manifest(run)
    with Compute() as compute:
        open_views(compute, run, at, keep=KEPT, only=_ASKED)
        compute.table("spelt", "FROM campaigns")
        as_of = read_times(compute, started(manifest).replace(tzinfo=None), at).as_of
        return Report(
            name=config.name,
            currency=config.currency,
            manifest=manifest,
            as_of=as_of,
            before=earlier,
            after=totals(compute),
            rows={
                name: compute.arrow(sql, {"as_of": as_of} if "$as_of" in sql else None).to_pylist()
                for name, sql in _SHOWN.items()
            },
            health=health,
        )


def check_page(file: Path) -> None:
    """Refuse a place for a page, before the work that makes it.

    Errors: ConfigError for the file's name or place, or one that is there and isn't a page of Clew's.
    """
    check_place(file, *_ENDINGS)
    try:
        with file.open("rb") if file.is_file() else BytesIO() as there:
            start = there.read(2000)
    except OSError as error:
        raise ConfigError(f"{file}: can't be read: {(error.strerror or str(error)).lower()}") from error
    if start and MARK not in start:
        raise ConfigError(f"{file}: is there already and is no page of Clew's; give another name, or remove it first")


def write_page(page: str, file: Path) -> int:
    """Write a page, over an earlier one at most; returns its bytes. Errors: as for `check_page`."""
    check_page(file)
    with placed(file, *_ENDINGS) as part:
        return part.write_bytes(page.encode())
