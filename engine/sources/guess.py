"""Region, currency and time zone of a shop, guessed from its data: the majority, and what is usual there."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from engine.currencies import CURRENCIES

#: Names that exports write in place of a country's code.
_COUNTRIES = {
    "united states": "US", "united states of america": "US", "usa": "US", "united kingdom": "GB", "great britain": "GB",
    "england": "GB", "uk": "GB", "germany": "DE", "deutschland": "DE", "france": "FR", "spain": "ES", "españa": "ES",
    "italy": "IT", "italia": "IT", "netherlands": "NL", "nederland": "NL", "belgium": "BE", "austria": "AT",
    "österreich": "AT",
    "switzerland": "CH", "schweiz": "CH", "ireland": "IE", "canada": "CA", "australia": "AU", "new zealand": "NZ",
    "sweden": "SE", "norway": "NO", "denmark": "DK", "finland": "FI", "poland": "PL", "portugal": "PT", "brazil": "BR",
    "brasil": "BR", "mexico": "MX", "méxico": "MX", "japan": "JP", "india": "IN", "singapore": "SG",
}  # fmt: skip
#: The time zones of a region, the one of most people first, and its currency.
_USUAL: dict[str, tuple[str, tuple[str, ...]]] = {
    "US": ("USD", ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix")),
    "CA": ("CAD", ("America/Toronto", "America/Vancouver", "America/Edmonton", "America/Winnipeg", "America/Halifax")),
    "GB": ("GBP", ("Europe/London",)), "IE": ("EUR", ("Europe/Dublin",)), "DE": ("EUR", ("Europe/Berlin",)),
    "AT": ("EUR", ("Europe/Vienna",)), "CH": ("CHF", ("Europe/Zurich",)), "FR": ("EUR", ("Europe/Paris",)),
    "ES": ("EUR", ("Europe/Madrid", "Atlantic/Canary")), "IT": ("EUR", ("Europe/Rome",)),
    "NL": ("EUR", ("Europe/Amsterdam",)),
    "BE": ("EUR", ("Europe/Brussels",)), "PT": ("EUR", ("Europe/Lisbon",)), "FI": ("EUR", ("Europe/Helsinki",)),
    "SE": ("SEK", ("Europe/Stockholm",)), "NO": ("NOK", ("Europe/Oslo",)), "DK": ("DKK", ("Europe/Copenhagen",)),
    "PL": ("PLN", ("Europe/Warsaw",)),
    "AU": ("AUD", ("Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide")),
    "NZ": ("NZD", ("Pacific/Auckland",)), "JP": ("JPY", ("Asia/Tokyo",)), "IN": ("INR", ("Asia/Kolkata",)),
    "SG": ("SGD", ("Asia/Singapore",)), "BR": ("BRL", ("America/Sao_Paulo", "America/Manaus")),
    "MX": ("MXN", ("America/Mexico_City", "America/Tijuana")),
}  # fmt: skip
_OFFSET = re.compile(r"([+-]\d\d):?(\d\d)$")


#: A country that fewer of the rows name says nothing about a number without one.
LEAST_SHARE = 0.01


def regions_of(countries: Counter[str]) -> list[str]:
    """The countries that the rows name, commonest first, without the rare ones; US when none is named."""
    codes: Counter[str] = Counter()
    for country, count in countries.items():
        code = _COUNTRIES.get(country.strip().lower(), country.strip().upper())
        if code in phonenumbers.SUPPORTED_REGIONS:
            codes[code] += count
    named = [c for c, n in codes.items() if n >= LEAST_SHARE * codes.total()]
    return sorted(named, key=lambda code: (-codes[code], code)) or ["US"]


def currency_of(currencies: Counter[str], region: str) -> str:
    """The currency of most orders, else the region's own."""
    codes = Counter({c.strip().upper(): n for c, n in currencies.items() if c.strip().upper() in CURRENCIES})
    return min(codes, key=lambda code: (-codes[code], code)) if codes else _USUAL.get(region, ("USD", ()))[0]


def zone_of(region: str, times: list[str]) -> str:
    """The region's time zone that agrees with most of the times that state an offset; its first when none does."""
    zones = _USUAL.get(region, ("", ("UTC",)))[1]
    agreed = Counter(dict.fromkeys(zones, 0))
    for time in times:
        if _OFFSET.search(time):
            try:
                moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", time).replace(" +", "+").replace(" -", "-"))
            except ValueError:
                continue
            agreed.update(z for z in zones if ZoneInfo(z).utcoffset(moment.replace(tzinfo=None)) == moment.utcoffset())
    return max(zones, key=lambda zone: agreed[zone])
