"""Data with known truth: how an ordinary user would describe each set in a project file, and what others reach on it.

Nothing here is tuned: a map says which column is what, and a source says what its owner knows of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A folder of `records.parquet` and `truth.csv` (record_id, entity_id), and the project file for it.

    `record` is the `map.record` of its sources, `sources` their further settings, `project` whatever else the project
    file says; `split` names the column that tells its files apart. `published` holds pairwise F1 by method.
    """

    name: str
    record: dict[str, Any]
    goal: float
    published: dict[str, float]
    split: str | None = None
    sources: dict[str, Any] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=dict)


#: The shop's exports need no map: `clew init` recognises them. Pairwise and B-cubed F1 are both to reach the goal.
SHOP_GOAL = 0.985
SHOP_PUBLISHED = {"exact e-mail": 0.783, "exact e-mail or phone": 0.823, "Splink by hand": 0.720}

_AUSTRALIAN = {
    "key": "record_id",
    "first_name": "given_name",
    "last_name": "surname",
    "birth_date": "date_of_birth",
    "street": {"column": ["street_number", "address_1"], "join": " "},
    "city": "suburb",
    "postcode": "postcode",
    "state": "state",
    "extras": {"soc_sec_id": "soc_sec_id", "address_2": "address_2"},
}
_COMPARE_AUSTRALIAN = {"region": "AU", "linkage": {"compare": ["soc_sec_id", "address_2"]}}

_AMERICAN = {
    "key": "record_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "street": "address",
    "city": "city",
    "state": "state",
    "postcode": "zip",
    "company": "company",
    "identifiers": [{"type": "email", "column": "email"}, {"type": "phone", "column": "phone"}],
}


_MIXED = {
    "key": "record_id",
    "name": ["PRIMARY_NAME_FULL", "NATIVE_NAME_FULL"],
    "first_name": "PRIMARY_NAME_FIRST",
    "last_name": "PRIMARY_NAME_LAST",
    "company": ["PRIMARY_NAME_ORG", "SECONDARY_NAME_ORG"],
    "birth_date": "DATE_OF_BIRTH",
    "gender": "GENDER",
    "street": ["ADDR_LINE1", "ADDR_FULL"],
    "city": "ADDR_CITY",
    "state": "ADDR_STATE",
    "postcode": "ADDR_POSTAL_CODE",
    "country": "ADDR_COUNTRY",
    "identifiers": [
        {"type": "email", "column": "EMAIL_ADDRESS"},
        {"type": "phone", "column": "PHONE_NUMBER"},
        {"type": "passport", "column": "PASSPORT_NUMBER"},
        {"type": "driving_licence", "column": "DRIVERS_LICENSE_NUMBER"},
        {"type": "social_security", "column": "SSN_NUMBER"},
        {"type": "national_id", "column": "NATIONAL_ID_NUMBER"},
        {"type": "tax_id", "column": "TAX_ID_NUMBER"},
        {"type": "lei", "column": "LEI_NUMBER"},
    ],
}

#: Nobody has two of these.
_ONE_EACH = {kind: {"trust": "unique"} for kind in ("social_security", "national_id", "tax_id", "lei")}


def _dqbench(tier: int, published: dict[str, float], **extras: str) -> Sample:
    record = {**_AMERICAN, **({"extras": extras} if extras else {})}
    project = {"region": "US", **({"linkage": {"compare": list(extras)}} if extras else {})}
    return Sample(f"dqbench_er_t{tier}", record, 0.95, published, project=project)


#: Small ones first. Other tools' figures are as published or measured, some with settings tuned by hand for the data.
SAMPLES = (
    Sample(
        "senzing_truthset", _MIXED, 0.95, {}, split="DATA_SOURCE", project={"region": "US", "identifiers": _ONE_EACH}
    ),
    _dqbench(4, {"Splink": 0.667, "recordlinkage": 0.333, "goldenmatch": 0.824}, industry="industry"),
    Sample(
        "fake_1000",
        {
            "key": "record_id",
            "first_name": "first_name",
            "last_name": "surname",
            "birth_date": "dob",
            "city": "city",
            "identifiers": [{"type": "email", "column": "email"}],
        },
        0.90,
        {"Splink": 0.862},
        project={"region": "GB"},
    ),
    _dqbench(1, {"Splink": 0.667, "recordlinkage": 0.808, "goldenmatch": 0.893}),
    Sample("febrl3", _AUSTRALIAN, 0.998, {"Splink": 0.995, "goldenmatch": 0.996}, project=_COMPARE_AUSTRALIAN),
    _dqbench(2, {"Splink": 0.999, "recordlinkage": 0.838, "goldenmatch": 0.978}),
    Sample(
        "febrl4",
        _AUSTRALIAN,
        0.9995,
        {"Splink": 0.9998},
        split="source",
        sources={"duplicates": False},
        project=_COMPARE_AUSTRALIAN,
    ),
    _dqbench(3, {"Splink": 0.846, "recordlinkage": 0.765, "goldenmatch": 0.884}),
    Sample(
        "historical_50k",
        {
            "key": "record_id",
            "first_name": "first_name",
            "last_name": "surname",
            "birth_date": "dob",
            "postcode": "postcode_fake",
            "gender": "gender",
            "extras": {"birth_place": "birth_place", "occupation": "occupation"},
        },
        0.86,
        {"Splink, tuned by hand": 0.757, "goldenmatch": 0.847},
        project={"region": "GB", "linkage": {"compare": ["birth_place", "occupation"]}},
    ),
)
