"""Which record shows what: its time, and the name, e-mail, phone, address and slips that it was typed with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.demo import rates
from engine.demo.activity import Activity
from engine.demo.dice import Bools, Floats, Generator, Ints, chance, runs, weighted
from engine.demo.mailboxes import Mailboxes
from engine.demo.people import People, moment
from engine.demo.phones import Phones

#: Kinds of rows in the order of the `Records` arrays: the sources of truth.csv, then abandoned checkouts.
KINDS = (*rates.SOURCES, "shopify_checkouts")


@dataclass(frozen=True)
class Slip:
    """A typing error: 0 none, 1 two letters swapped, 2 a wrong one, 3 one missing; where, and which letter instead."""

    kind: Ints
    place: Ints
    letter: Ints


@dataclass(frozen=True)
class Records:
    """Rows of all kinds, kind after kind, person after person. -1 is none."""

    kind: Ints
    person: Ints
    nth: Ints  # of this person in this source
    at: Ints
    account: Ints  # row of the Shopify customer that an order was placed with
    first: Ints
    initial: Bools
    last: Ints
    two_letters: Bools
    mailbox: Ints
    mail_form: Ints  # 0 plain, 1 to 3 plus tags, 4 googlemail, 5 dotted; they apply to gmail only
    mail_case: Ints
    phone: Ints
    phone_form: Ints
    address: Ints
    no_street: Bools
    no_town: Bools
    no_postcode: Bools
    street_form: Bools
    first_slip: Slip
    last_slip: Slip
    mail_slip: Slip
    phone_slip: Slip
    street_slip: Slip
    first_case: Ints
    last_case: Ints
    blank: Ints  # 0 none, 1 before, 2 after, 3 doubled inside
    email_ok: Bools  # consents as this system has them
    sms_ok: Bools
    later: Ints  # a moment after `at`, for "updated" columns
    u1: Floats  # chance for whatever else an export shows
    u2: Floats
    u3: Floats

    def __len__(self) -> int:
        return len(self.kind)

    def rows(self, source: str) -> slice:
        """Find the rows of one source."""
        start, stop = np.searchsorted(self.kind, [KINDS.index(source), KINDS.index(source) + 1])
        return slice(int(start), int(stop))


def _per_kind(kind: Ints, field: str) -> Floats:
    some = (*rates.SOURCES.values(), rates.CHECKOUTS)
    return np.array([getattr(r, field) for r in some], dtype=np.float64)[kind]


def _slip(rng: Generator, rate: float, size: int) -> Slip:
    kind = np.where(chance(rng, rate, size), rng.integers(1, 4, size), 0)
    return Slip(kind, rng.integers(0, 1_000, size), rng.integers(0, 26, size))


def _case(rng: Generator, size: int) -> Ints:
    return weighted(rng, (1 - rates.LOWER_CASE - rates.UPPER_CASE, rates.LOWER_CASE, rates.UPPER_CASE), size)


def make_records(rng: Generator, people: People, activity: Activity, mailboxes: Mailboxes, phones: Phones) -> Records:
    """Every record of every person, with all choices made."""
    parts = [(i, *runs(counts)) for i, counts in enumerate((*activity.records.values(), activity.checkouts))]
    kind = np.concatenate([np.full(len(p), i, dtype=np.int64) for i, p, _ in parts])
    person = np.concatenate([p for _, p, _ in parts])
    nth = np.concatenate([n for _, _, n in parts])
    size = len(kind)
    customers, orders = KINDS.index("shopify_customers"), KINDS.index("shopify_orders")
    at = moment(rng, people.since[person])
    # Accounts and loyalty cards come early in a customer's life, so that later orders can be placed with them.
    early = (kind == customers) | (kind == KINDS.index("pos_loyalty"))
    at[early] = people.since[person][early] + (
        (at - people.since[person])[early] * rng.beta(1, 3, int(early.sum()))
    ).astype(np.int64)
    account = _accounts(rng, kind == customers, kind == orders, person, at, len(people))

    first, initial, last = _names(rng, people, kind, person, at)
    mailbox = _mailbox(rng, people, mailboxes, kind, person, nth)
    phone = _phone(rng, phones, kind, person, at)
    keeps = chance(rng, _per_kind(kind, "phone_format_kept"), size)
    said = chance(rng, 0.62, 2 * len(people))
    flips = chance(rng, rates.CONSENT_FLIPPED, 2 * size)
    address = np.where(at < people.moved_at[person], people.old_address[person], people.address[person])
    records = Records(
        kind=kind,
        person=person,
        nth=nth,
        at=at,
        account=account,
        first=first,
        initial=initial,
        last=last,
        two_letters=people.two_letters[person] ^ chance(rng, 0.1, size),
        mailbox=mailbox,
        mail_form=_mail_form(rng, size),
        mail_case=np.where(chance(rng, rates.ODD_EMAIL_CASE, size), rng.integers(1, 3, size), 0),
        phone=phone,
        phone_form=np.where(keeps, _per_kind(kind, "phone_format").astype(np.int64), rng.integers(0, 7, size)),
        address=address,
        no_street=chance(rng, _per_kind(kind, "no_street"), size),
        no_town=chance(rng, _per_kind(kind, "no_town"), size),
        no_postcode=chance(rng, _per_kind(kind, "no_postcode"), size),
        street_form=chance(rng, rates.STREET_SPELLING, size),
        first_slip=_slip(rng, rates.NAME_TYPO, size),
        last_slip=_slip(rng, rates.NAME_TYPO, size),
        mail_slip=_slip(rng, rates.EMAIL_TYPO, size),
        phone_slip=_slip(rng, rates.PHONE_TYPO, size),
        street_slip=_slip(rng, rates.STREET_TYPO, size),
        first_case=_case(rng, size),
        last_case=_case(rng, size),
        blank=np.where(chance(rng, rates.STRAY_BLANK, size), rng.integers(1, 4, size), 0),
        email_ok=said[person] ^ flips[:size],
        sms_ok=said[len(people) + person] ^ flips[size:],
        later=moment(rng, at),
        u1=rng.random(size),
        u2=rng.random(size),
        u3=rng.random(size),
    )
    return _as_in_account(records)


def _accounts(rng: Generator, customer: Bools, order: Bools, person: Ints, at: Ints, persons: int) -> Ints:
    """Find the customer row that each order was placed with: one that existed by then; -1 for a guest order."""
    rows = np.flatnonzero(customer)
    first = np.full(persons, -1, dtype=np.int64)
    first[person[rows][::-1]] = rows[::-1]
    last = np.full(persons, -1, dtype=np.int64)
    last[person[rows]] = rows
    chosen = np.where(chance(rng, 0.35, len(person)), last[person], first[person])
    logged_in = order & (chosen >= 0) & chance(rng, rates.LOGGED_IN, len(person))
    return np.where(logged_in & (at[chosen] <= at), chosen, -1)


def _names(rng: Generator, people: People, kind: Ints, person: Ints, at: Ints) -> tuple[Ints, Bools, Ints]:
    size = len(kind)
    shortened = chance(rng, np.where(people.mostly_short[person], 0.6, rates.SHORT_NAME), size)
    short = (people.short[person] >= 0) & shortened
    first = np.where(short, people.short[person], people.first[person])
    first[chance(rng, _per_kind(kind, "no_first"), size)] = -1
    initial = chance(rng, rates.INITIAL, size)
    kept = chance(rng, rates.OLD_NAME_KEPT, size)
    renamed = people.renamed_at[person]
    before = (renamed != rates.NEVER) & ((at < renamed) | kept)
    last = np.where(before, people.born_last[person], people.last[person])
    last[chance(rng, _per_kind(kind, "no_last"), size)] = -1
    return first, initial, last


def _mailbox(rng: Generator, people: People, boxes: Mailboxes, kind: Ints, person: Ints, nth: Ints) -> Ints:
    size = len(kind)
    chosen = boxes.primary[person].copy()
    # A second profile or account is there because of the second address.
    uses = (boxes.second[person] >= 0) & (
        (nth > 0) & (kind != KINDS.index("shopify_orders")) | chance(rng, rates.USE_SECOND_MAILBOX, size)
    )
    chosen[uses] = boxes.second[person][uses]
    shares = (boxes.shared[person] >= 0) & chance(rng, rates.USE_SHARED_MAILBOX, size)
    chosen[shares] = boxes.shared[person][shares]
    role = (boxes.role[person] >= 0) & chance(rng, rates.USE_ROLE_INBOX, size)
    chosen[role] = boxes.role[person][role]
    fake = chance(rng, _per_kind(kind, "fake_email"), size)
    chosen[fake] = boxes.fakes[weighted(rng, rates.FAKE_EMAIL_SHARE, int(fake.sum()))]
    chosen[chance(rng, _per_kind(kind, "no_email"), size)] = -1
    return chosen


def _mail_form(rng: Generator, size: int) -> Ints:
    form = weighted(
        rng,
        (1 - rates.PLUS_TAG - rates.GOOGLEMAIL - rates.DOTTED, rates.PLUS_TAG, rates.GOOGLEMAIL, rates.DOTTED),
        size,
    )
    tag = rng.integers(1, 4, size)
    return np.select([form == 1, form == 2, form == 3], [tag, 4, 5], 0)


def _phone(rng: Generator, phones: Phones, kind: Ints, person: Ints, at: Ints) -> Ints:
    size = len(kind)
    changed = (at >= phones.changed_at[person]) & ~chance(rng, rates.STALE_PHONE, size)
    chosen = np.where(changed, phones.later[person], phones.mobile[person])
    second = (phones.second[person] >= 0) & chance(rng, rates.USE_SECOND_PHONE, size)
    chosen[second] = phones.second[person][second]
    line = (
        (phones.land_line[person] >= 0)
        & chance(rng, rates.USE_LAND_LINE, size)
        & (kind != KINDS.index("sms_subscribers"))
    )
    chosen[line] = phones.land_line[person][line]
    till = (kind == KINDS.index("pos_loyalty")) & chance(rng, rates.TILL_NUMBER, size)
    chosen[till] = phones.tills[rng.integers(0, len(phones.tills), int(till.sum()))]
    fake = chance(rng, _per_kind(kind, "fake_phone"), size)
    chosen[fake] = phones.fakes[weighted(rng, rates.FAKE_PHONE_SHARE, int(fake.sum()))]
    chosen[chance(rng, _per_kind(kind, "no_phone"), size) & ~till] = -1
    return chosen


def _as_in_account(records: Records) -> Records:
    """Orders placed with an account carry the account's e-mail letter by letter."""
    order = np.flatnonzero(records.account >= 0)
    source = records.account[order]

    def copied(values: Ints) -> Ints:
        values = values.copy()
        values[order] = values[source]
        return values

    slip = records.mail_slip
    return replace(
        records,
        mailbox=copied(records.mailbox),
        mail_form=copied(records.mail_form),
        mail_case=copied(records.mail_case),
        mail_slip=Slip(copied(slip.kind), copied(slip.place), copied(slip.letter)),
    )
