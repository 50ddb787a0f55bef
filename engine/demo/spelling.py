"""From choices to text: table `shown`, a row per record with names, e-mail, phone and address as exports show them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.compute import Compute
from engine.demo import rates
from engine.demo.dice import Ints
from engine.demo.mailboxes import Mailboxes
from engine.demo.people import Addresses
from engine.demo.phones import Phones
from engine.demo.records import KINDS, Records, Slip
from engine.demo.vocabulary import Vocabulary

#: Rows that are turned into text at a time, so that a shop of millions needs little memory.
_BATCH = 250_000

_MACROS = """
CREATE OR REPLACE MACRO slipped(s, kind, place, letter) AS
    CASE WHEN kind = 0 OR length(s) < 4 THEN s
         WHEN kind = 1 THEN left(s, 1 + place % (length(s) - 2)) || substr(s, 3 + place % (length(s) - 2), 1)
                         || substr(s, 2 + place % (length(s) - 2), 1) || substr(s, 4 + place % (length(s) - 2))
         WHEN kind = 2 THEN left(s, 1 + place % (length(s) - 2)) || letter || substr(s, 3 + place % (length(s) - 2))
         ELSE left(s, 1 + place % (length(s) - 2)) || substr(s, 3 + place % (length(s) - 2)) END;
CREATE OR REPLACE MACRO cased(s, how) AS CASE how WHEN 1 THEN lower(s) WHEN 2 THEN upper(s) ELSE s END;
CREATE OR REPLACE MACRO mail(s, form) AS
    CASE WHEN form = 0 OR NOT ends_with(s, '@gmail.com') THEN s
         WHEN form = 1 THEN replace(s, '@', '+shop@')
         WHEN form = 2 THEN replace(s, '@', '+news@')
         WHEN form = 3 THEN replace(s, '@', '+orders@')
         WHEN form = 4 THEN replace(s, '@gmail.', '@googlemail.')
         WHEN contains(split_part(s, '@', 1), '.') THEN replace(split_part(s, '@', 1), '.', '') || '@gmail.com'
         ELSE left(s, 1) || '.' || substr(s, 2) END;
CREATE OR REPLACE MACRO odd_case(s, how) AS
    CASE how WHEN 1 THEN upper(left(s, 1)) || substr(s, 2) WHEN 2 THEN upper(s) ELSE s END;
CREATE OR REPLACE MACRO telephone(country, digits, form) AS
    CASE WHEN country = 0 THEN
        CASE form WHEN 0 THEN digits
                  WHEN 1 THEN left(digits, 3) || '-' || substr(digits, 4, 3) || '-' || substr(digits, 7)
                  WHEN 2 THEN '(' || left(digits, 3) || ') ' || substr(digits, 4, 3) || '-' || substr(digits, 7)
                  WHEN 3 THEN left(digits, 3) || '.' || substr(digits, 4, 3) || '.' || substr(digits, 7)
                  WHEN 4 THEN '+1' || digits
                  WHEN 5 THEN '1' || digits
                  ELSE '1-' || left(digits, 3) || '-' || substr(digits, 4, 3) || '-' || substr(digits, 7) END
    ELSE
        CASE form WHEN 0 THEN '0' || digits
                  WHEN 1 THEN '0' || left(digits, 4) || ' ' || substr(digits, 5)
                  WHEN 2 THEN '+' || calling(country) || ' ' || left(digits, 4) || ' ' || substr(digits, 5)
                  WHEN 3 THEN '0' || left(digits, 3) || '/' || substr(digits, 4)
                  WHEN 4 THEN '+' || calling(country) || digits
                  WHEN 5 THEN '00' || calling(country) || digits
                  ELSE '+' || calling(country) || ' (0)' || digits END
    END;
CREATE OR REPLACE MACRO respelled(s) AS
    replace(replace(replace(replace(replace(replace(replace(s, 'straße', 'str.'), ' Street', ' St'), ' Avenue', ' Ave'),
        ' Road', ' Rd'), ' Drive', ' Dr'), ' Boulevard', ' Blvd'), ' Apt. ', ' #');
"""

_SHOWN = """
SELECT n, source, key, person, nth, moment, later, account, country, email_ok, sms_ok, u1, u2, u3,
    nullif(CASE blank WHEN 1 THEN ' ' ELSE '' END || first, '') AS first,
    nullif(last || CASE blank WHEN 2 THEN ' ' ELSE '' END, '') AS last,
    nullif(first || CASE WHEN first = '' OR last = '' THEN '' WHEN blank = 3 THEN '  ' ELSE ' ' END || last, '')
        AS full_name,
    nullif(email, '') AS email, nullif(phone, '') AS phone, street, town, postcode
FROM (
    SELECT *,
        coalesce(cased(slipped(CASE WHEN initial THEN left(first_text, 1) || '.' ELSE first_text END,
            first_kind, first_place, first_letter), first_case), '') AS first,
        coalesce(cased(slipped(last_text, last_kind, last_place, last_letter), last_case), '') AS last,
        coalesce(odd_case(slipped(mail(mail_text, mail_form), mail_kind, mail_place, mail_letter), mail_case)
            || CASE WHEN mail_blank THEN ' ' ELSE '' END, '') AS email,
        coalesce(phone_raw, telephone(phone_country, CASE WHEN phone_kind = 0 THEN phone_digits
            ELSE slipped(phone_digits, phone_kind, phone_place, (phone_place % 10)::VARCHAR) END, phone_form),
            '') AS phone,
        CASE WHEN NOT no_street THEN slipped(CASE WHEN street_form THEN respelled(street_text) ELSE street_text END,
            street_kind, street_place, street_letter) END AS street,
        CASE WHEN NOT no_town THEN town_text END AS town,
        CASE WHEN NOT no_postcode THEN postcode_text END AS postcode
    FROM chosen)
ORDER BY n
"""


def _taken(values: pa.Array, index: Ints) -> pa.Array:
    """`values` by `index`, NULL where it is -1."""
    return values.take(pa.array(index, mask=index < 0))


def spell(
    compute: Compute,
    records: Records,
    keys: pa.Array,
    country: Ints,
    words: Vocabulary,
    addresses: Addresses,
    boxes: Mailboxes,
    phones: Phones,
) -> None:
    """Make table `shown`; `n` is the row's place in `records`. `country` is each person's."""
    compute.run(
        "CREATE OR REPLACE MACRO calling(country) AS CASE country "
        + " ".join(f"WHEN {i} THEN '{code}'" for i, code in enumerate(rates.CALLING))
        + " END"
    )
    for macro in _MACROS.strip().split(";\n"):
        compute.run(macro.rstrip(";"))
    letters = pa.array(list("abcdefghijklmnopqrstuvwxyz"))
    for start in range(0, max(1, len(records)), _BATCH):
        part = slice(start, min(start + _BATCH, len(records)))

        def slip(name: str, some: Slip, part: slice = part) -> dict[str, pa.Array]:
            letter = letters.take(pa.array(some.letter[part]))
            return {f"{name}_kind": some.kind[part], f"{name}_place": some.place[part], f"{name}_letter": letter}

        first, last = records.first[part], records.last[part]
        plain = pa.array(records.two_letters[part])
        phone, address = records.phone[part], records.address[part]
        # Klaviyo tidies what it is given.
        tidy = records.kind[part] == KINDS.index("klaviyo_profiles")
        columns = {
            "n": np.arange(part.start, part.stop),
            "moment": records.at[part],
            "source": pa.array(KINDS).take(pa.array(records.kind[part])),
            "key": keys.slice(part.start, part.stop - part.start),
            **{f: getattr(records, f)[part] for f in ("later", "email_ok", "sms_ok", "u1", "u2", "u3")},
            **{f: getattr(records, f)[part] for f in ("person", "nth", "account", "initial", "mail_form")},
            **{
                f: getattr(records, f)[part]
                for f in ("phone_form", "no_street", "no_town", "no_postcode", "street_form")
            },
            **{f: getattr(records, f)[part] for f in ("first_case", "last_case", "blank")},
            "country": country[records.person[part]],
            "first_text": pc.if_else(plain, _taken(words.plain, first), _taken(words.names, first)),
            "last_text": pc.if_else(plain, _taken(words.plain, last), _taken(words.names, last)),
            "mail_text": _taken(boxes.text, records.mailbox[part]),
            "mail_case": np.where(tidy, 0, records.mail_case[part]),
            "mail_blank": (records.blank[part] == 2) & ~tidy,
            "phone_raw": _taken(phones.raw, phone),
            "phone_digits": _taken(phones.digits, phone),
            "phone_country": _taken(pa.array(phones.country), phone),
            "street_text": addresses.street.take(pa.array(address)),
            "town_text": addresses.town.take(pa.array(address)),
            "postcode_text": addresses.postcode.take(pa.array(address)),
            **slip("first", records.first_slip),
            **slip("last", records.last_slip),
            **slip("mail", records.mail_slip),
            **slip("phone", records.phone_slip),
            **slip("street", records.street_slip),
        }
        compute.load("chosen", pa.table(columns))
        if start == 0:
            compute.table("shown", _SHOWN)
        else:
            compute.run(f"INSERT INTO shown {_SHOWN}")
    compute.drop("chosen")
