"""Phone numbers: any way of typing one -> E.164."""

from __future__ import annotations

import re
from decimal import Decimal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from engine.standardise.text import NOTHING, clean, fold_words
from engine.standardise.values import Identifier

#: phonenumbers' line types in words; a type that isn't here is unknown to it, and so the number isn't valid.
_LINES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
#: Lines that belong to a company or a service rather than to a person.
_IMPERSONAL = {"toll_free", "premium_rate", "shared_cost", "company", "voicemail"}

#: Shorter numbers than this are possible in some countries, but not as anybody's number in a shop.
_LEAST_DIGITS = 6
_RUNS = ("01234567890123456789", "98765432109876543210")

#: What parts the digits of a number; a number of nothing but digits and those; one that a spreadsheet made a decimal of.
#: SQL uses the same three before it looks for distinct values, so that ten ways of typing a number are parsed once.
SEPARATORS = r"[\s().\-/]+"
PLAIN = r"^[\s(]*\+?[\d\s().\-/]*$"
DECIMAL = r"^(\d{6,15})\.0*$"
#: Two whole numbers in one field.
SEVERAL = r"(?:\d\D{0,3}){7,}\s*[;,|\n]\s*\+?\(?(?:\d\D{0,3}){7,}"
_SEPARATORS = re.compile(SEPARATORS)
_PLAIN = re.compile(PLAIN)
_DASHES = dict.fromkeys(range(0x2010, 0x2016), "-") | {0x2212: "-"}
_SCHEME = re.compile(r"^(?:tel|phone|sms|whatsapp|mobile|cell|fax|p):\s*", re.IGNORECASE)
_DECIMAL = re.compile(DECIMAL)
_SCIENTIFIC = re.compile(r"^\d\.\d+E\+?\d\d?$", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(r"^(?:\+?1)?([2-9]\d{9})$")


def phone(text: str, region: str) -> Identifier:
    """The canonical form of a phone number that was typed in `region` (ISO 3166 code).

    Status: ok (valid), weak (possible but not valid, not a person's line, or with an extension), placeholder, invalid.
    `detail` is the line type, followed by the extension where there is one.
    """
    typed = _undamaged(clean(text).translate(_DASHES))
    if _PLAIN.match(typed):
        typed = _SEPARATORS.sub("", typed)
    elif fold_words(typed) in NOTHING:
        return Identifier("phone", typed, typed, "placeholder")
    number, line = _parse(typed, region)
    if number is None:
        status = "placeholder" if _is_placeholder("".join(c for c in typed if c.isdigit())) else "invalid"
        return Identifier("phone", typed, typed, status)
    value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    digits = phonenumbers.national_significant_number(number)
    if _is_placeholder(digits):
        return Identifier("phone", value, _display(number, digits), "placeholder")
    status = "weak" if line is None or line in _IMPERSONAL or number.extension else "ok"
    detail = f"{line or 'unknown'}, extension {number.extension}" if number.extension else line
    return Identifier("phone", value, _display(number, digits), status, detail)


def looks_like_phone(text: str) -> bool:
    """Is this text typed like a phone number, whatever column it is in?"""
    typed = _undamaged(clean(text).translate(_DASHES))
    return bool(_PLAIN.match(typed)) and 7 <= sum(c.isdigit() for c in typed) <= 17


def _undamaged(typed: str) -> str:
    """Without the marks of spreadsheets and links: '+49..., tel:, 15551234567.0, 1.5551234567E+10."""
    typed = _SCHEME.sub("", typed.strip("'\"= "))
    if match := _DECIMAL.match(typed):
        return match[1]
    if _SCIENTIFIC.match(typed):
        number = Decimal(typed)
        # With fewer digits than its exponent the number itself is lost.
        if number == number.to_integral_value() and len(typed.split("E")[0].split("e")[0]) >= 10:
            return str(int(number))
    return typed


def _parse(typed: str, region: str) -> tuple[PhoneNumber | None, str | None]:
    """The number and, if it is valid, its line type; no number if no way of reading it is possible.

    The ways are tried in order and the first valid one wins, else the first possible one: as typed in the region;
    with 00 or 011 for the plus; with the plus that exports like to drop. The last is tried only where the region
    can't have such a number at all, because many numbers of one country are valid in another.
    """
    country = phonenumbers.country_code_for_region(region)
    if (country == 1 or typed.startswith("+1")) and (match := _NORTH_AMERICAN.match(typed)):
        # The same answer as below, without the cost of parsing: nothing in such a number is up to interpretation.
        number = PhoneNumber(country_code=1, national_number=int(match[1]))
        return number, _line(number)
    first = _attempt(typed, region)
    if first is not None and (line := _line(first)):
        return first, line
    others = [f"+{typed[len(prefix) :]}" for prefix in ("+00", "+0", "00", "011") if typed.startswith(prefix)][:1]
    if first is None and typed.isdigit() and not others:
        others = [f"+{typed}"]
    for other in others:
        number_abroad = _attempt(other, region)
        if number_abroad is not None and (line := _line(number_abroad)):
            return number_abroad, line
        first = first or number_abroad
    return first, None


def _line(number: PhoneNumber) -> str | None:
    return _LINES.get(phonenumbers.number_type(number))


def _attempt(typed: str, region: str) -> PhoneNumber | None:
    """The number, if it is at least possible."""
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    digits = len(phonenumbers.national_significant_number(number))
    return number if possible and digits >= _LEAST_DIGITS else None


def _is_placeholder(digits: str) -> bool:
    """Digits that nobody was given: all the same, all zero but the end, or counting up or down."""
    if len(digits) < 6:
        return bool(digits) and len(set(digits)) == 1
    return len(set(digits)) == 1 or digits.startswith("0000000") or any(digits in run for run in _RUNS)


def _display(number: PhoneNumber, digits: str) -> str:
    if number.country_code == 1:
        return f"+1 {digits[:3]}-{digits[3:6]}-{digits[6:]}"
    plain = PhoneNumber(
        country_code=number.country_code,
        national_number=number.national_number,
        italian_leading_zero=number.italian_leading_zero,
        number_of_leading_zeros=number.number_of_leading_zeros,
    )
    return phonenumbers.format_number(plain, PhoneNumberFormat.INTERNATIONAL)
