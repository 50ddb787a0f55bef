import pytest

from engine.standardise.address import city, country, postcode, state, street


@pytest.mark.parametrize(
    "same",
    [
        ("8932 Soto Underpass Apt. 174", "8932 SOTO UNDERPASS, #174", "8932 Soto Underpass Apartment 174"),
        ("Hauptstraße 5 a", "Haupt Straße 5A", "Hauptstr. 5a", "Haupt-Str. 5a"),
        ("12 Saint James Road", "12 St. James Rd"),
        ("P.O. Box 12", "PO Box 12", "Postfach 12"),
        ("Königsallee 7", "Koenigsallee 7"),
    ],
)
def test_streets_that_are_one(same: tuple[str, ...]) -> None:
    assert len({street(one) for one in same}) == 1


def test_house_number_stays() -> None:
    assert street("221B Baker Street") == "221b baker st"
    assert street("n/a") is None


@pytest.mark.parametrize(
    ("typed", "region", "code"),
    [
        ("2134", "US", "02134"),
        ("2134.0", "US", "02134"),
        ("02134-1234", "US", "02134"),
        ("021341234", "US", "02134"),
        ("1067", "DE", "01067"),
        ("D-10115", "DE", "10115"),
        ("CH-8001", "CH", "8001"),
        ("800", "AU", "0800"),
        ("b7f9hw", "GB", "B7F 9HW"),
        ("B7F 9HW", "US", "B7F 9HW"),
        ("k1a0b1", "CA", "K1A 0B1"),
        ("1234ab", "NL", "1234 AB"),
        ("11455", "SE", "114 55"),
        ("0461", "US", "0461"),
        ("12", "US", "12"),
        ("00000", "US", None),
        ("n/a", "US", None),
    ],
)
def test_postcode(typed: str, region: str, code: str | None) -> None:
    assert postcode(typed, region) == code


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("US", ["us", "USA", "U.S.A.", "United States", "Vereinigte Staaten"]),
        ("GB", ["gb", "UK", "England", "Great Britain"]),
        ("DE", ["DE", "DEU", "Deutschland", "germany", "Allemagne"]),
        ("CI", ["Côte d’Ivoire", "Ivory Coast"]),
        (None, ["", "xx", "Atlantis"]),
    ],
)
def test_country(code: str | None, names: list[str]) -> None:
    assert {country(one) for one in names} == {code}


def test_city_and_state() -> None:
    assert city("St. Helens") == city("SAINT HELENS") == "st helens"
    assert city("München") == city("Muenchen") == "munchen"
    assert city("12345") is None
    assert state("California", "US") == state("US-CA", "US") == state("ca", "US") == "ca"
    assert state("Nova Scotia", "CA") == "ns"
    assert state("Somewhere", "FR") == "somewhere"
