import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.standardise.phone import looks_like_phone, phone


@pytest.mark.parametrize(
    ("typed", "region", "value", "status"),
    [
        ("+1 555 123 4567", "US", "+15551234567", "weak"),
        ("1-555-123-4567", "US", "+15551234567", "weak"),
        ("5551234567", "US", "+15551234567", "weak"),
        ("(212) 346-7300", "US", "+12123467300", "ok"),
        ("212.346.7300", "US", "+12123467300", "ok"),
        ("+1 (876) 555-1234", "JM", "+18765551234", "ok"),
        ("tel:+1-212-346-7300", "DE", "+12123467300", "ok"),
        ("p:+4915765121726", "US", "+4915765121726", "ok"),
        ("00447861934514", "US", "+447861934514", "ok"),
        ("011 44 7861 934514", "US", "+447861934514", "ok"),
        ("+0049 151 23456789", "US", "+4915123456789", "ok"),
        ("0151/23456789", "DE", "+4915123456789", "ok"),
        ("+49 (0) 151 23456789", "US", "+4915123456789", "ok"),
        ("+39 06 1234 5678", "US", "+390612345678", "ok"),
        ("0412 345 678", "AU", "+61412345678", "ok"),
        # The plus that exports drop.
        ("15551234567", "US", "+15551234567", "weak"),
        ("4915765121726", "US", "+4915765121726", "ok"),
        # What spreadsheets make of numbers.
        ("'+4915765121726", "US", "+4915765121726", "ok"),
        ("15551234567.0", "US", "+15551234567", "weak"),
        ("1.5551234567E+10", "US", "+15551234567", "weak"),
        ("4.91577E+12", "US", "4.91577E+12", "invalid"),
        # Not a person's.
        ("800 234 5678", "US", "+18002345678", "weak"),
        # Nobody's.
        ("0000000000", "US", "0000000000", "placeholder"),
        ("1234567890", "US", "1234567890", "placeholder"),
        ("999-999-9999", "US", "+19999999999", "placeholder"),
        ("n/a", "US", "n/a", "placeholder"),
        ("01 23 45 67 89", "FR", "+33123456789", "placeholder"),
        # Impossible.
        ("555-1234", "US", "5551234", "invalid"),
        ("call me", "US", "call me", "invalid"),
        ("12", "US", "12", "invalid"),
    ],
)
def test_number_in_any_form(typed: str, region: str, value: str, status: str) -> None:
    found = phone(typed, region)
    assert (found.type, found.value, found.status) == ("phone", value, status)


def test_line_type_and_extension() -> None:
    assert phone("+4915765121726", "US").detail == "mobile"
    assert phone("+1 800 234 5678", "US").detail == "toll_free"
    office = phone("212 346 7300 ext. 12", "US")
    assert (office.value, office.status) == ("+12123467300", "weak")
    assert office.detail == "fixed_line_or_mobile, extension 12"


def test_number_of_another_country_of_the_shop() -> None:
    assert phone("07978450022", "US").status == "invalid"
    # A mobile number in the UK; in Germany it could only be a landline.
    assert phone("07978450022", "US DE GB").value == "+447978450022"
    assert phone("015214168715", "US DE GB").value == "+4915214168715"
    # Possible in Germany, but a number of one of the shop's other countries without its plus.
    assert phone("14155673029", "DE US").value == "+14155673029"
    # Nobody in Germany leaves out the zero, so this is no German number.
    assert phone("555-1234", "US DE").status == "invalid"
    # An invalid number of the first country isn't sought elsewhere.
    assert phone("5551234567", "US GB DE").value == "+15551234567"


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.from_regex(r"[2-9]\d{9}", fullmatch=True))
def test_north_american_shortcut_agrees_with_the_library(digits: str) -> None:
    number = phonenumbers.parse(digits, "US")
    found = phone(digits, "US")
    assert found.value == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if found.status == "ok":
        assert phonenumbers.is_valid_number(number)
        assert found.display == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(max_size=30))
def test_any_text_gives_an_answer_and_a_canonical_value_stays(typed: str) -> None:
    found = phone(typed, "US")
    looks_like_phone(typed)
    if found.status in ("ok", "weak"):
        again = phone(found.value, "US")
        assert again.value == found.value


def test_what_looks_like_a_phone() -> None:
    assert looks_like_phone("(212) 346-7300")
    assert not looks_like_phone("2026")
    assert not looks_like_phone("john@email.com")
