from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from engine import document
from engine.config import MAX_BYTES, SCHEMA_VERSION, Config, config_hash, load
from engine.errors import ConfigError

PRESETS = ("shopify_customers", "shopify_orders", "klaviyo_profiles")
SOURCES = "sources:\n  - path: a.csv\n    preset: shopify_customers\n"


def read(folder: Path, content: str | bytes) -> Config:
    path = folder / "clew.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(path, presets=lambda: PRESETS)


def complaint(folder: Path, content: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, content)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_full_file(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        """\
version: 1
region: de          # either case
time_zone: Europe/Berlin
currency: eur
sources:
  - {path: exports/shop.csv.gz, preset: shopify_customers, region: NO, duplicates: no, priority: 2}
  - path: till.csv
    preset: klaviyo_profiles
    delimiter: tab
    encoding: cp1252
identifiers:
  phone: {trust: weak, block: [0000000000, +15551234567, 12:30], block_patterns: ['^555']}
  membership:
    trust: unique
linkage:
rates:
  - {currency: usd, rate: 0.9, since: 2025-01-31}
""",
    )
    assert (got.region, got.currency) == ("DE", "EUR")
    shop, till = got.sources
    assert (shop.title, shop.region, shop.duplicates, got.priority(shop)) == ("shop", "NO", False, 2)
    assert (till.delimiter, got.priority(till), str(got.zone(till))) == ("\t", 2, "Europe/Berlin")
    assert got.policy("phone").block == ("0000000000", "+15551234567", "12:30")
    assert got.policy("membership").trust == "unique"
    assert got.policy("email").trust == "strong"
    assert got.linkage.threshold == 0
    assert (got.rates[0].rate, got.rates[0].since) == (0.9, date(2025, 1, 31))


def test_what_is_said_of_an_identifier_leaves_the_rest_as_it_is_by_default() -> None:
    said = {"device": {"block": ["d1"]}, "loyalty": {"max_customers": 2}, "badge": {"trust": "unique"}}
    got = Config.model_validate({"sources": [{"path": "a.csv", "map": {"record": {"key": "id"}}}], "identifiers": said})
    # A device that is trusted like an e-mail would join whoever used it.
    assert [(p.trust, p.priority, p.max_customers) for p in map(got.policy, said)] == [
        ("weak", 9, 5), ("unique", 2, 2), ("unique", 10, 5),
    ]  # fmt: skip
    assert got.policy("device").block == ("d1",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "clew.yaml: is empty; `clew init"),
        ("# nothing\n---\n", "clew.yaml: is empty"),
        ("- a\n- b\n", "clew.yaml:1: is not a project file"),
        ("just words", "clew.yaml:1: is not a project file"),
        ("name: x\n", "clew.yaml:1: sources: is missing"),
        ("sources:\n", "clew.yaml:1: sources: is missing"),
        ("sources: []\n", "clew.yaml:1: sources: "),
        ("sources: shop.csv\n", "clew.yaml:1: sources: 'shop.csv' should be a list"),
        (SOURCES + "regoin: US\n", "clew.yaml:4: regoin: is not a setting; did you mean region?"),
        (SOURCES + "    prioriti: 1\n", "clew.yaml:4: sources[0].prioriti: is not a setting; did you mean priority?"),
        (
            SOURCES + "limits:\n  max_record: 5\n",
            "clew.yaml:5: limits.max_record: is not a setting; did you mean max_records?",
        ),
        (
            SOURCES + "identifiers:\n  email:\n    trusted: x\n",
            "clew.yaml:6: identifiers.email.trusted: is not a setting; did you mean trust?",
        ),
        (SOURCES + "password: hunter2\n", "clew.yaml:4: password: is not a setting; there are version, name"),
        (
            SOURCES + "identifiers:\n  emial: {}\n",
            "clew.yaml:4: identifiers: 'emial' is not a type of identifier; did you mean email?",
        ),
        (
            SOURCES + "identifiers: {email: {trust: strng}}\n",
            "clew.yaml:4: identifiers.email.trust: 'strng' should be unique, strong or weak; did you mean strong?",
        ),
        (SOURCES + "identifiers: {email: }\n", "clew.yaml:4: identifiers.email: is empty; should be a group"),
        (
            SOURCES + "identifiers: {phone: {block_patterns: [ok, '(']}}\n",
            "identifiers.phone.block_patterns[1]: '(' is not a regular expression",
        ),
        (SOURCES + "identifiers: {phone: {block: '000'}}\n", "identifiers.phone.block: '000' should be a list"),
        (
            SOURCES.replace("shopify_customers", "shopify_customer"),
            "clew.yaml:3: sources[0].preset: 'shopify_customer' is not a preset; did you mean shopify_customers?",
        ),
        (
            SOURCES.replace("shopify_customers", "oracle"),
            "'oracle' is not a preset; there are shopify_customers, shopify_orders, klaviyo_profiles",
        ),
        (SOURCES + "    region: Germany\n", "clew.yaml:4: sources[0].region: 'Germany' is not a country code such as"),
        (
            SOURCES + "time_zone: Europe/Berln\n",
            "clew.yaml:4: time_zone: 'Europe/Berln' is not a time zone such as Europe/Berlin",
        ),
        (SOURCES + "currency: Euro\n", "clew.yaml:4: currency: 'Euro' is not a currency code such as EUR"),
        (
            SOURCES + "    mode: snapshots\n",
            "sources[0].mode: 'snapshots' should be snapshot or append; did you mean snapshot?",
        ),
        (SOURCES + "    duplicates: maybe\n", "sources[0].duplicates: 'maybe' should be true or false"),
        (SOURCES + "    priority: first\n", "sources[0].priority: 'first' should be a whole number"),
        (SOURCES + "    priority: 0\n", "sources[0].priority: '0' should be greater than or equal to 1"),
        (SOURCES + "    encoding: latin9000\n", "sources[0].encoding: 'latin9000' is not a text encoding"),
        (SOURCES + "    delimiter: '||'\n", "sources[0].delimiter: '||' is not one character"),
        (SOURCES + "limits: {max_records: -5}\n", "limits.max_records: '-5' should be greater than or equal to 1"),
        ("sources: []\n", "clew.yaml:1: sources: needs at least one"),
        (SOURCES + "limits: 5\n", "limits: '5' should be a group of settings"),
        (SOURCES + "linkage: {threshold: -11}\n", "linkage.threshold: '-11' should be greater than or equal to -10"),
        (SOURCES + "linkage: {threshold: high}\n", "linkage.threshold: 'high' should be a number"),
        (SOURCES + "linkage: {threshold: .nan}\n", "linkage.threshold: '.nan' should be a number"),
        (SOURCES + "linkage: {threshold: nan}\n", "linkage.threshold: 'nan' should be a number"),
        (SOURCES + "rates: [{currency: GBP, rate: 0}]\n", "rates[0].rate: '0' should be greater than 0"),
        (
            SOURCES + "rates: [{currency: GBP, rate: 1, since: 2025-13-01}]\n",
            "rates[0].since: '2025-13-01' should be a date",
        ),
        (
            SOURCES + "channels: {brief: emial}\n",
            "clew.yaml:4: channels: brief: 'emial' is no channel; did you mean email?",
        ),
        (SOURCES + "channels: {'--': email}\n", "channels: '--' is no word"),
        (
            SOURCES + "channels: {Brief: email, brief-: sms}\n",
            "channels: 'brief-' is said of two channels, email and sms",
        ),
        (SOURCES + "channels: {brief: ''}\n", "channels.brief: '' should have at least 1 character"),
        (SOURCES + "version: 2\n", "version: '2' is newer than this program"),
        (SOURCES + "version: 0\n", "version: '0' is no version"),
        ("sources:\n  - path: a.csv\n", "clew.yaml:2: sources[0]: needs a preset or a map"),
        ("sources:\n  - preset: shopify_orders\n", "sources[0]: needs a name"),
        (
            "sources:\n  - {preset: shopify_orders, path: '*.csv'}\n",
            "sources[0]: needs a name, as none can be taken from the path '*.csv'",
        ),
        (
            "sources:\n  - {preset: shopify_orders, path: a.csv, name: 'a:b'}\n",
            "sources[0]: needs a name without a colon",
        ),
        (
            "sources:\n  - {preset: shopify_orders, database: {url: x}, name: a}\n",
            "sources[0].database: give either table or query",
        ),
        (SOURCES + "  - {path: b/a.csv, preset: shopify_orders}\n", "clew.yaml:1: sources: two sources are called 'a'"),
        ("limits:\n\tmax_records: 5\n", "clew.yaml:2: a tab; use spaces"),
        ("name: [a\nregion: b\n", "clew.yaml:2: is not YAML"),
        ("region: US\nname: a\nregion: DE\n", "clew.yaml:3: 'region' is given twice (first in line 1)"),
        ("name: a\n---\nname: b\n", "clew.yaml:2: is not YAML: expected a single document"),
        (
            "name: !!python/object/apply:os.system [ls]\n",
            "clew.yaml:1: the tag 'tag:yaml.org,2002:python/object/apply:os.system' has no meaning",
        ),
        ("name: &a x\nstore: *a\n", "clew.yaml:2: *a is an alias; write the value out instead"),
        ("? [a, b]\n: c\n", "clew.yaml:1: a name must be plain text"),
        ("[" * 5000, "clew.yaml:1: nested too deep"),
        (b"name: caf\xe9\n", "clew.yaml:1: is not UTF-8 text; save it as UTF-8"),
        ("name: x\nstore: a\0b\n", "clew.yaml:2: has a character that YAML doesn't allow"),
        ("name: 'a\nregion: US\n", "is not YAML"),
    ],
)
def test_a_bad_file_says_what_is_wrong_and_where(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in complaint(tmp_path, content)


def test_all_errors_are_named_at_once_up_to_ten(tmp_path: Path) -> None:
    said = complaint(tmp_path, SOURCES + "regoin: US\ntime_zone: Mars\n")
    assert [line.split(":")[1] for line in said.splitlines()] == ["5", "4"]
    many = complaint(tmp_path, SOURCES + "".join(f"zz{i}: 1\n" for i in range(13)))
    assert many.splitlines()[-1] == "... and 3 more"
    assert len(many.splitlines()) == 11


def test_a_secret_in_an_unknown_setting_is_not_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in complaint(tmp_path, SOURCES + "password: hunter2\n")


def test_a_bomb_of_aliases_is_refused_before_it_grows(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
    )
    assert "is an alias" in complaint(tmp_path, bomb)


def test_too_many_values_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_VALUES", 100)
    assert "clew.yaml:1: more than 100 values" in complaint(tmp_path, f"sources: [{'a, ' * 200}a]")


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "clew.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(ConfigError, match=f"is larger than {MAX_BYTES:,} bytes"):
        load(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file; `clew init FOLDER`"):
        load(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}: is a folder")):
        load(tmp_path)


def test_byte_order_marks_and_line_ends_of_other_systems(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + SOURCES.replace("\n", "\r\n").encode()).sources[0].title == "a"


def test_the_program_s_own_presets_are_known_by_default(tmp_path: Path) -> None:
    (tmp_path / "clew.yaml").write_text(SOURCES.replace("shopify_customers", "no_such_thing"), encoding="utf-8")
    with pytest.raises(ConfigError, match="'no_such_thing' is not a preset"):
        load(tmp_path / "clew.yaml")


def test_the_hash_is_of_the_settings_not_of_the_file(tmp_path: Path) -> None:
    plain = config_hash(read(tmp_path, SOURCES))
    assert re.fullmatch("[0-9a-f]{64}", plain)
    again = (
        "region: us  # the default\nsources: [{preset: shopify_customers, path: a.csv}]\nlinkage: {threshold: 0.0}\n"
    )
    assert config_hash(read(tmp_path, again)) == plain
    assert config_hash(read(tmp_path, SOURCES + "region: DE\n")) != plain
    assert config_hash(Config.model_validate(json.loads(read(tmp_path, SOURCES).model_dump_json()))) == plain


def test_every_setting_with_a_default_may_be_left_empty(tmp_path: Path) -> None:
    empty = "".join(f"{name}:\n" for name in Config.model_fields if name != "sources")
    assert read(tmp_path, SOURCES + empty) == read(tmp_path, SOURCES)
    assert read(tmp_path, SOURCES).version == SCHEMA_VERSION


def test_what_health_minds(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        f"""{SOURCES}
health:
  history: 10
  late: {{warn: 3, fail: 9}}
  ignore: [new_columns]
  sources:
    a: {{duplicates: {{warn: 0.5, fail: 0.9}}, ignore: [late]}}
""",
    ).health
    late, duplicates, own = got.of("late"), got.of("duplicates"), got.of("duplicates", "a")
    assert late is not None
    assert duplicates is not None
    assert own is not None
    assert (late.warn, late.fail, duplicates.warn, own.warn) == (3, 9, 0.2, 0.5)
    assert got.of("late", "a") is None
    assert got.of("new_columns") is None
    assert got.of("missing_columns", "a") is not None


@pytest.mark.parametrize(
    ("health", "says"),
    [
        ("{late: {warn: 3}}", "health.late.fail: is missing"),
        ("{lat: {warn: 3, fail: 4}}", "health.lat: is not a setting; did you mean late?"),
        ("{late: {warn: -1, fail: 4}}", "health.late.warn: '-1' should be greater than or equal to 0"),
        ("{ignore: [new_colums]}", "'new_colums' is not a check; did you mean new_columns?"),
        ("{sources: {b: {ignore: [late]}}}", "health.sources: there is no source 'b'; there are a"),
        ("{sources: {a: {history: 3}}}", "health.sources.a.history: is not a setting"),
    ],
)
def test_what_health_can_not_mind(tmp_path: Path, health: str, says: str) -> None:
    assert says in complaint(tmp_path, f"{SOURCES}health: {health}\n")
