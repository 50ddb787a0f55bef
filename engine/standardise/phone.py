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

#: What parts the digits of a number; a number of nothing but digits and those; one that a spreadsheet made a decimal.
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
_EXTENSION = re.compile(r"\s*(?:;?ext(?:ension)?[.=:]?|x|#)\s*\d{1,7}$", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(r"^(?:\+?1)?([2-9]\d{9})$")


def phone(text: str, region: str) -> Identifier:
    """Bring a phone number that was typed in `region` into its canonical form.

    `region` is an ISO 3166 code, or several with spaces between them: the others are where the shop's customers live
    too, and are asked about a number that can't be one of the first. Status: ok (valid), weak (possible but not valid,
    not a person's line, or with an extension), placeholder, invalid. `detail` is the line type, then the extension.
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
    extension, number.extension = number.extension, None
    value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    digits = phonenumbers.national_significant_number(number)
    if _is_placeholder(digits):
        return Identifier("phone", value, _display(number, digits), "placeholder")
    status = "weak" if line is None or line in _IMPERSONAL or extension else "ok"
    detail = f"{line or 'unknown'}, extension {extension}" if extension else line
    return Identifier("phone", value, _display(number, digits), status, detail)


def looks_like_phone(text: str) -> bool:
    """Tell whether this text is typed like a phone number, whatever column it is in."""
    typed = _EXTENSION.sub("", _undamaged(clean(text).translate(_DASHES)))
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
    """Find the number and, if it is valid, its line type; no number if no way of reading it is possible.

    The ways are tried in order and the first valid one wins, else the first possible one: as typed in the region, with
    00 or 011 for the plus, with the plus that exports like to drop, in the other regions. Many numbers of one country
    are valid in another, so the last two only count where the region can't have such a number at all, or, with the
    plus, where it gives a number of one of the other regions.
    """
    region, *other_regions = region.split()
    country = phonenumbers.country_code_for_region(region)
    if (country == 1 or typed.startswith("+1")) and (match := _NORTH_AMERICAN.match(typed)):
        # The same answer as below, without the cost of parsing: nothing in such a number is up to interpretation.
        number = PhoneNumber(country_code=1, national_number=int(match[1]))
        return number, _line(number)
    first = _attempt(typed, region)
    if first is not None and (line := _line(first)):
        return first, line
    prefixes = [prefix for prefix in ("+00", "+0", "00", "011") if typed.startswith(prefix)]
    if prefixes or typed.isdigit():
        abroad = _attempt("+" + typed.removeprefix(prefixes[0] if prefixes else ""), region)
        known = {phonenumbers.country_code_for_region(code) for code in other_regions}
        if abroad is not None and (prefixes or first is None or abroad.country_code in known):
            if line := _line(abroad):
                return abroad, line
            first = first or (abroad if prefixes else None)
    return (first, None) if first is not None else _elsewhere(typed, other_regions)


def _elsewhere(typed: str, regions: list[str]) -> tuple[PhoneNumber | None, str | None]:
    """Find the one region that has such a mobile number, else the one that has such a number, as dialled there."""
    dialled = [code for code in regions if typed.startswith(phonenumbers.ndd_prefix_for_region(code, True) or "")]
    found = [(one, line) for code in dialled if (one := _attempt(typed, code)) and (line := _line(one))]
    for pairs in ([pair for pair in found if pair[1] == "mobile"], found):
        if len({(one.country_code, one.national_number) for one, _ in pairs}) == 1:
            return pairs[0]
    return None, None


def _line(number: PhoneNumber) -> str | None:
    return _LINES.get(phonenumbers.number_type(number))


def _attempt(typed: str, region: str) -> PhoneNumber | None:
    """Parse a number; None if it isn't even possible."""
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    digits = phonenumbers.national_significant_number(number)
    # phonenumbers only looks at the length, but no North American area code starts with 0 or 1.
    possible = possible and len(digits) >= _LEAST_DIGITS and not (number.country_code == 1 and digits[0] in "01")
    return number if possible else None


def _is_placeholder(digits: str) -> bool:
    """Digits that nobody was given: all the same, all zero but the end, or counting up or down."""
    if len(digits) < 6:
        return bool(digits) and len(set(digits)) == 1
    return len(set(digits)) == 1 or digits.startswith("0000000") or any(digits in run for run in _RUNS)


def _display(number: PhoneNumber, digits: str) -> str:
    if number.country_code == 1:
        return f"+1 {digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
