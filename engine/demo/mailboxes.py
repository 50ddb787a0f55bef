"""The demo's e-mail addresses: private, work and disposable ones, role inboxes and placeholders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.demo import rates
from engine.demo.dice import Bools, Generator, Ints, chance, runs, skew, weighted
from engine.demo.people import People
from engine.demo.vocabulary import Vocabulary

_DOMAINS = (
    "gmail.com yahoo.com hotmail.com outlook.com icloud.com aol.com comcast.net",
    "gmail.com hotmail.co.uk outlook.com yahoo.co.uk icloud.com btinternet.com gmx.co.uk",
    "gmx.de web.de gmail.com t-online.de outlook.de icloud.com freenet.de",
)
_DOMAIN_SHARE = (0.38, 0.16, 0.15, 0.12, 0.1, 0.06, 0.03)
_DISPOSABLE = "mailinator.com guerrillamail.com yopmail.com 10minutemail.com trashmail.com"
_TRADES = "tools group partners design consulting media foods motors homes labs legal print studio supply travel works"
_ENDINGS = (".com .net .biz .com", ".co.uk .com .org.uk .co.uk", ".de .de .com .net")
_PERSONS_PER_FIRM = 60
#: How local parts are put together; `_local` lists the same in words.
_PATTERN_SHARE = (0.24, 0.1, 0.16, 0.13, 0.15, 0.12, 0.1)
_WORK_PATTERN = 0


@dataclass(frozen=True)
class Mailboxes:
    """Addresses under one numbering, and who has which: -1 is none. `role` has the inbox shared at work."""

    text: pa.Array
    primary: Ints
    second: Ints
    shared: Ints
    role: Ints
    fakes: Ints


def _firms(rng: Generator, count: int, words: Vocabulary) -> list[str]:
    country = weighted(rng, rates.COUNTRY_SHARE, count)
    names = words.local_parts.take(words.last.draw(rng, country)).to_pylist()
    trades, dice = _TRADES.split(), rng.integers(0, 16, (count, 2))
    # Two firms may share a name; a number keeps their domains apart.
    seen: dict[str, int] = {}
    domains = []
    for land, name, (trade, end) in zip(country.tolist(), names, dice.tolist(), strict=True):
        ending = _ENDINGS[land].split()[end % 4]
        stem = f"{name}-{trades[trade]}"
        seen[stem + ending] = again = seen.get(stem + ending, 0) + 1
        domains.append(stem + (str(again) if again > 1 else "") + ending)
    return domains


def _local(first: pa.Array, last: pa.Array, pattern: Ints, number: pa.Array) -> pa.Array:
    def join(*parts: pa.Array | str) -> pa.Array:
        return pc.binary_join_element_wise(*parts, "")

    f, s = pc.utf8_slice_codeunits(first, 0, 1), pc.utf8_slice_codeunits(last, 0, 1)
    forms = (
        join(first, ".", last),
        join(first, "_", last),
        join(first, last),
        join(f, last),
        join(first, s),
        join(last, ".", first),
        join(f, ".", last),
    )
    return join(pc.choose(pa.array(pattern), *forms), number)


def make_mailboxes(rng: Generator, people: People, words: Vocabulary, needs_second: Bools) -> Mailboxes:
    """Give every person an e-mail address, some a second one, some couples one together, and firms role inboxes."""
    size = len(people)
    second_owner = np.flatnonzero(needs_second | chance(rng, rates.SECOND_MAILBOX, size))
    owner = np.concatenate([np.arange(size), second_owner])
    total = len(owner)
    is_second = np.arange(total) >= size
    work = is_second & chance(rng, rates.WORK_MAILBOX, total)
    throwaway = is_second & ~work & chance(rng, rates.DISPOSABLE / (1 - rates.WORK_MAILBOX), total)

    firms = _firms(rng, max(8, size // _PERSONS_PER_FIRM), words)
    public = [d for some in _DOMAINS for d in some.split()]
    domains = pa.array([*public, *_DISPOSABLE.split(), *firms])
    domain = people.country[owner] * 7 + weighted(rng, _DOMAIN_SHARE, total)
    domain[throwaway] = len(public) + rng.integers(0, len(_DISPOSABLE.split()), int(throwaway.sum()))
    first_firm = len(domains) - len(firms)
    domain[work] = first_firm + weighted(rng, skew(len(firms), 10, 0.6), int(work.sum()))

    pattern = weighted(rng, _PATTERN_SHARE, total)
    pattern[work] = _WORK_PATTERN
    short = people.mostly_short[owner] & chance(rng, 0.6, total)
    first = np.where(short, people.short[owner], people.first[owner])
    last = np.where(chance(rng, 0.7, total), people.born_last[owner], people.last[owner])
    year = 1970 + people.born[owner] // 365
    style = weighted(rng, (0.34, 0.22, 0.12, 0.2, 0.12), total)
    number = np.select(
        [style == 1, style == 2, style == 3, style == 4],
        [year % 100, year, rng.integers(1, 100, total), rng.integers(1_000, 10_000, total)],
        -1,
    )
    number[work] = -1
    text = _unlike(rng, words.local_parts.take(first), words.local_parts.take(last), pattern, number, domains, domain)

    shares = (people.position == 1) & chance(rng, rates.SHARED_MAILBOX, size)
    second = np.full(size, -1, dtype=np.int64)
    second[second_owner] = size + np.arange(len(second_owner))
    roles = max(2, size // rates.PERSONS_PER_ROLE_INBOX)
    inboxes = [f"{rates.ROLES[i % len(rates.ROLES)]}@{firms[i]}" for i in range(roles)]
    members, _ = runs(rng.integers(rates.ROLE_INBOX_USERS[0], rates.ROLE_INBOX_USERS[1] + 1, roles))
    role = np.full(size, -1, dtype=np.int64)
    users = rng.permutation(size)[: len(members)]
    role[users] = total + members[: len(users)]
    return Mailboxes(
        text=pa.concat_arrays([text, pa.array([*inboxes, *rates.FAKE_EMAILS])]),
        primary=np.arange(size, dtype=np.int64),
        second=second,
        shared=np.where(shares, people.heads[people.household], -1),
        role=role,
        fakes=total + roles + np.arange(len(rates.FAKE_EMAILS)),
    )


def _unlike(
    rng: Generator, first: pa.Array, last: pa.Array, pattern: Ints, number: Ints, domains: pa.Array, domain: Ints
) -> pa.Array:
    """Spell the addresses; those that would be one mailbox (dots don't count) get another number until all differ."""
    while True:
        digits = pc.if_else(pa.array(number >= 0), pa.array(number).cast(pa.string()), "")
        text = pc.binary_join_element_wise(_local(first, last, pattern, digits), domains.take(pa.array(domain)), "@")
        again = _repeated(pc.replace_substring(text, ".", ""))
        if not again.any():
            return text
        number[again] = rng.integers(10, 100_000, int(again.sum()))


def _repeated(text: pa.Array) -> Bools:
    codes = text.dictionary_encode().indices.to_numpy()
    again = np.ones(len(codes), dtype=np.bool_)
    again[np.unique(codes, return_index=True)[1]] = False
    return again
