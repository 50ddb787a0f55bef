"""Asking who somebody is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from api.answers import Answer, Asked, Batch, Brief, hangs_on, whois, whois_all, whois_brief, whois_each
from api.drawing import Drawing, draw
from api.ends import find_end
from api.evidence import Between, Growth, between, how, match_of, path_between
from api.export import read_audience, write_audience, write_audiences
from api.project.opened import Opened
from api.project.times import utc
from api.results import Addressed, Card, Lists, Measured, Profile, Searched, Timeline
from engine.complaints import check_choice
from engine.compute import Compute
from engine.errors import ConfigError
from engine.ledger.entries import Entry, entries_between
from engine.measure import check_view, open_views
from engine.profile.layouts import Layout as FileLayout
from engine.runs import read_manifest
from engine.state import State
from graph.store import Customer, Match

if TYPE_CHECKING:
    from api.found import Rows
    from engine.profile.audiences import Audience, Channel, Purpose


class Ask(Opened):
    """Questions: they change nothing."""

    def whois(self, text: str) -> Answer:
        """Find the customer behind an e-mail, phone, id, order's number or record. NotFoundError if there is none."""
        return whois(self.graph, text, *self._reading(), self._numbered)

    def whois_all(self, asked: Sequence[Asked | str]) -> Answer:
        """Find the customer behind all that is asked for at once; where it leads to different ones, each is listed."""
        return whois_all(self.graph, _asked(asked), *self._reading(), self._numbered)

    def whois_brief(self, asked: Sequence[Asked | str]) -> Brief:
        """The same in short: who it is, and not why."""
        return whois_brief(self.graph, _asked(asked), *self._reading(), self._numbered)

    def whois_each(self, texts: Sequence[str]) -> Batch:
        """Who is behind each of many texts, in short and in their order."""
        return whois_each(self.graph, texts, *self._reading())

    def search(self, text: str, limit: int = 10) -> Searched:
        """Find customers by half a name, a place, the beginning of an e-mail or the last four digits of a phone number.

        At most `limit`, best first; none is no error.
        """
        if limit < 1:
            raise ConfigError(f"search: the limit is {limit}: it must be 1 or more")
        return Searched(text.strip(), self.graph.search(text, limit))

    def path_between(self, a: str, b: str) -> Between:
        """The widest path of evidence between two identifiers, records or customers.

        Raises NotFoundError where one of them leads to nobody or to several customers, or both to different ones.
        """
        return path_between(self.graph, a, b, *self._reading(), self._numbered)

    def why(self, a: str, b: str) -> Between:
        """Why two identifiers, records or customers are one person or aren't: see `path_between`, which wants one.

        Where no pair of the records of two customers was near enough to be kept, their evidence is worked out now,
        which takes seconds in a large shop.
        """
        return between(self.graph, a, b, *self._reading(), self._numbered, self._weigh, self._decided)

    def _weigh(self, left: Customer, right: Customer) -> Match | None:
        from engine.link import weigh

        tables = self._tables()
        model = self.layout.models / read_manifest(tables)["model"]
        records = ([r.record_id for r in customer.records] for customer in (left, right))
        with State.open(self.layout.store, read_only=True) as state:
            weighed = weigh(tables, model, self.config, state, *records)
        return match_of(weighed) if weighed else None

    def _decided(self, left: Customer, right: Customer) -> tuple[Entry, ...]:
        records = ([r.record_id for r in customer.records] for customer in (left, right))
        with State.open(self.layout.store, read_only=True) as state:
            return tuple(entries_between(state, *records))

    def how(self, text: str) -> Growth:
        """How the customer behind a text came together, join by join. Raises NotFoundError as `whois` does."""
        return how(self.graph, text, *self._reading(), self._numbered)

    def profile(self, text: str, at: datetime | None = None) -> Profile:
        """The golden record of the customer behind a text, with where each value comes from, its permissions and state.

        The state is as of `at` (UTC), or of the newest order or event. Raises NotFoundError as `path_between` does.
        """
        return self._profiled(text, at)[0]

    def _profiled(self, text: str, at: datetime | None = None) -> tuple[Profile, Customer]:
        from engine.profile import record, state
        from engine.profile.one import open_customer

        known: dict[str, Customer] = {}
        customer_id = find_end(self.graph, text, *self._reading(), known, self._numbered).customer_id
        tables = self._tables()
        with open_customer(tables, customer_id, *record.TABLES, *state.TABLES) as compute:
            fields = record.golden_record(compute, tables, self.config)
            facts = state.customer_state(compute, tables, utc(at) if at else None)
        return Profile(customer_id, fields, known[customer_id].permissions, facts), known[customer_id]

    def customer(self, text: str) -> Card:
        """The customer behind a text, on one page; an id that has ended is followed. Errors: as for `path_between`."""
        known, customer = self._profiled(text)
        return Card(
            customer.customer_id, customer.name, customer.email, customer.phone, customer.place, customer.first_seen,
            customer.last_seen, len(customer.records), tuple(sorted({r.source for r in customer.records})),
            known.fields, customer.identifiers, customer.devices, known.permissions, known.state,
            hangs_on(customer.matches),
        )  # fmt: skip

    def drawing(self, customer_id: str, limit: int) -> Drawing:
        """A living customer as a graph of at most `limit` nodes. Raises NotFoundError; RetiredError, too."""
        return draw(self.graph.customer(customer_id), limit)

    def timeline(self, text: str) -> Timeline:
        """What happened with the customer behind a text, oldest first. Raises NotFoundError as `path_between` does."""
        from engine.profile.timeline import timeline

        known: dict[str, Customer] = {}
        customer_id = find_end(self.graph, text, *self._reading(), known, self._numbered).customer_id
        moments = tuple(timeline(self._tables(), customer_id))
        return Timeline(customer_id, known[customer_id].name, moments, self.config.consent.confidence.service)

    def measure(self, name: str, at: datetime | None = None, *, unified: bool = True) -> Measured:
        """All rows of a measure of the current run, as Arrow: see docs/measures.md. NotFoundError if there is none.

        As of `at` (UTC), or of the newest order or event. Where not `unified`, a customer is what the shop took for one
        before: its account, else the e-mail, else the order itself.
        """
        from engine.measure import identities
        from engine.rules import change_log, redefinitions

        check_view(name)
        with Compute() as compute:
            who = identities.unified if unified else identities.before
            open_views(compute, self._tables(), utc(at) if at else None, only=[name], identities=who)
            rows = compute.arrow(f"FROM {name} ORDER BY ALL")
        return Measured(name, rows, redefinitions(change_log(self.layout, self._runs()), name))

    def sql(self, query: str) -> Rows:
        """Ask the tables of the current run in DuckDB's SQL: records, identifiers, orders, matches, members and others.

        They are what `engine/tables.py` declares; measures come from `measure`. Errors: ConfigError for a query that
        can't be understood.
        """
        from api.found import Rows
        from engine.compute.failure import MEANINGLESS

        tables = self._tables()
        with Compute() as compute:
            for path in sorted(tables.folder.glob("*.parquet")):
                compute.read_parquet(path.stem, path)
            try:
                return Rows(compute.arrow(query))
            except MEANINGLESS as error:
                raise ConfigError(f"this isn't SQL over the run's tables: {str(error).splitlines()[0]}") from error

    def addressees(
        self, purpose: Purpose, channel: Channel, *, reach: bool = True, at: datetime | None = None,
        start: int = 0, limit: int | None = None,
    ) -> tuple[Audience, list[dict[str, Any]]]:  # fmt: skip
        """Count whom a purpose is about, and list those who may be written to, or those who may not: see `audience`.

        Of these `limit`, after the first `start` ones.
        """
        sure = self._sure(purpose, channel)
        now = utc(at or datetime.now(UTC))
        return read_audience(self._tables(), purpose, channel, now, sure, reach, start, limit)

    def audience(
        self, purpose: Purpose, channel: Channel = "email", file: Path | str | None = None, *,
        reach: bool = True, layout: FileLayout = "plain", at: datetime | None = None,
    ) -> Addressed:  # fmt: skip
        """Count whom a purpose is about, and why some may not be written to, as of `at` (UTC; default: now).

        With a file, write those who may be written to, or with `reach` false those who may not and why. Errors:
        ConfigError for a purpose, channel or layout that there isn't.
        """
        target = Path(file) if file else None
        sure = self._sure(purpose, channel)
        check_choice("layout", layout, get_args(FileLayout))
        now = utc(at or datetime.now(UTC))
        found = write_audience(self._tables(), target, purpose, channel, now, sure, layout, reach)
        return Addressed(found, target, reach)

    def _sure(self, purpose: Purpose, channel: Channel) -> float:
        """How sure the link to a customer has to be for a channel."""
        from engine.profile.audiences import CHANNELS, PURPOSES

        check_choice("purpose", purpose, PURPOSES)
        check_choice("channel", channel, CHANNELS)
        sure: float = getattr(self.config.consent.confidence, channel)
        return sure

    def audiences(self, folder: Path | str, layout: FileLayout = "plain", at: datetime | None = None) -> Lists:
        """Write the lists of every purpose by every channel, as of `at` (UTC; default: now), into a folder.

        Each has a file of whom to write to and one of whom not: `PURPOSE-CHANNEL-reach.csv` and `-suppress.csv`.
        """
        from engine.profile.audiences import CHANNELS

        check_choice("layout", layout, get_args(FileLayout))
        tables, now = self._tables(), utc(at or datetime.now(UTC))
        sure = {channel: getattr(self.config.consent.confidence, channel) for channel in CHANNELS}
        return Lists(Path(folder), tables.run_id, tuple(write_audiences(tables, Path(folder), now, sure, layout)))


def _asked(asked: Sequence[Asked | str]) -> list[Asked]:
    """What is asked for, a text by any type."""
    return [Asked(each) if isinstance(each, str) else each for each in asked]
