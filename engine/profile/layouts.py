"""The columns of an audience's file: Clew's own, and those that Klaviyo and Meta accept, as SQL over `audience`.

Klaviyo's first column is the address, an e-mail or a phone in E.164, under the name that its import knows; every
further column becomes a property of the profile.

Meta's columns hold SHA-256 of values written as its rules ask (developers.facebook.com, Conversions API, *Customer
Information Parameters*: of `fn` and `ln` "lowercase only with no punctuation", special characters in UTF-8), and as its
own library writes them, which takes spaces out of names, too (facebook/capi-param-builder, `getNormalizedName`).
docs/audiences.md has each, and why others are left out.
"""

from __future__ import annotations

from typing import Literal

Layout = Literal["plain", "klaviyo", "meta"]
Channel = Literal["email", "sms", "ads"]

#: Which types of address a channel has.
_TYPES: dict[Channel, tuple[str, ...]] = {"email": ("email",), "sms": ("phone",), "ads": ("email", "phone")}
_KLAVIYO = {"email": "Email", "phone": "Phone Number"}

#: What stays of a text: letters and digits of any script.
_BARE = r"regexp_replace(lower({}), '[^\p{{L}}\p{{M}}\p{{N}}]', '', 'g')"
_META = {
    "fn": _BARE.format("p.first"),
    "ln": _BARE.format("p.last"),
    "ct": _BARE.format("h.home.city"),
    "st": _BARE.format("h.home.state"),
    "zip": _BARE.format("CASE WHEN h.home.country = 'US' THEN left(h.home.postcode, 5) ELSE h.home.postcode END"),
    "country": "lower(h.home.country)",
}
_ADDRESS = {"email": "lower(trim(a.address))", "phone": r"regexp_replace(a.address, '\D', '', 'g')"}
#: Of each customer the name that the golden record shows, in its parts, and the most complete address of one record, of
#: several the newest. Names are compared folded; where the shown words are the same but for accents, they are taken. A
#: first name with a hyphen is one, of which a record's `first_name` is the beginning and `middle_name` the rest.
_PERSON = r"""
    WITH chosen AS ({chosen}), mine AS (
        SELECT m.customer_id, r.*, c.name AS shown FROM (SELECT DISTINCT customer_id FROM chosen) k
        JOIN members m USING (customer_id) JOIN customers c USING (customer_id) JOIN records r USING (record_id)
    ), named AS (
        SELECT customer_id, min({{'id': record_id, 'first': string_split(concat_ws(' ', first_name, middle_name), ' '),
                'last': last_name}}) AS one,
            string_split_regex(lower(any_value(shown)), '[\s\p{{Pd}}]+') AS words,
            len(string_split_regex(string_split(any_value(shown), ' ')[1], '\p{{Pd}}')) AS hyphened
        FROM mine WHERE name = shown GROUP BY customer_id
    ), worded AS (
        SELECT *, array_to_string(words[:hyphened], ' ') AS given, array_to_string(one.first[:hyphened], ' ') AS first,
            len(string_split(one.last, ' ')) AS long
        FROM named
    ), person AS (
        SELECT customer_id, CASE WHEN strip_accents(given) = first THEN given ELSE first END AS first,
            CASE WHEN strip_accents(array_to_string(words[-long:], ' ')) = one.last
                 THEN array_to_string(words[-long:], ' ') ELSE one.last END AS last
        FROM worded
    ), home AS (
        SELECT customer_id, arg_max({{'city': city, 'state': state, 'postcode': postcode, 'country': country}},
            (len(list_filter([city, state, postcode, country], lambda text: text IS NOT NULL)),
             coalesce(seen_at, created_at, TIMESTAMP '0001-01-01'), record_id)) AS home
        FROM mine GROUP BY customer_id
    )
    SELECT DISTINCT {columns} FROM chosen a LEFT JOIN person p USING (customer_id) LEFT JOIN home h USING (customer_id)
    WHERE a.address IS NOT NULL
"""


def layout_sql(layout: Layout, channel: Channel, reach: bool) -> str:
    """SQL of a file's rows: whom to write to (`reach`), or whom not. Reads `audience`, and tables of a run."""
    chosen = f"FROM audience WHERE {'chosen' if reach else 'why_not IS NOT NULL'}"
    if layout == "plain":
        return f"SELECT customer_id, address, since, why_not FROM ({chosen})"
    types = _TYPES[channel]
    if layout == "klaviyo":
        addresses = ", ".join(f"CASE WHEN type = '{kind}' THEN address END AS \"{_KLAVIYO[kind]}\"" for kind in types)
        return f"""SELECT {addresses}, customer_id AS "Clew ID", why_not AS "Clew Reason" FROM ({chosen})
            WHERE address IS NOT NULL"""
    columns = {
        **{kind: f"CASE WHEN a.type = '{kind}' THEN {_ADDRESS[kind]} END" for kind in types},
        **_META,
    }
    hashed = ", ".join(f"sha256(nullif({sql}, '')) AS {name}" for name, sql in columns.items())
    return _PERSON.format(chosen=chosen, columns=hashed)
