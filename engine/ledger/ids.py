"""Customer ids: "C", seven digits of a counter in Crockford's base 32, and a check character: C0000A1K7.

Ids sort by age, are never reused, have no letters that are taken for digits, and there are 34 thousand million of them.
The check character keeps a slip of the finger from opening another customer's data: it catches every wrong character
(but Z for 0) and every swap of two characters (but of Z and 0).
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = 7
#: The largest customer number that has an id.
LAST_NUMBER = 32**DIGITS - 1

_PREFIX = "C"
#: What people type for what they read.
_READ_AS = str.maketrans("OIL", "011", "- ")


def customer_id(number: int) -> str:
    """Return the id of customer `number`, which is 1 or more."""
    if not 1 <= number <= LAST_NUMBER:
        raise ValueError(f"customer number {number} is not between 1 and {LAST_NUMBER}")
    digits = [number >> 5 * place & 31 for place in reversed(range(DIGITS))]
    return _PREFIX + "".join(ALPHABET[digit] for digit in (*digits, _check(digits)))


def customer_number(text: str) -> int | None:
    """Return the number behind an id, or None if `text` isn't one.

    Case, blanks and hyphens don't matter, O is read as 0, I and L as 1.
    """
    typed = text.strip().upper()
    if not typed.startswith(_PREFIX):
        return None
    typed = typed[1:].translate(_READ_AS)
    if len(typed) != DIGITS + 1 or any(character not in ALPHABET for character in typed):
        return None
    *digits, check = (ALPHABET.index(character) for character in typed)
    number = sum(digit << 5 * place for place, digit in enumerate(reversed(digits)))
    return number if number and check == _check(digits) else None


def _check(digits: list[int]) -> int:
    # 31 is prime and the weights differ, so that one changed or two swapped digits change the sum.
    return sum(weight * digit for weight, digit in enumerate(digits, 1)) % 31


def customer_id_sql(column: str) -> str:
    """Return the id of a column of numbers, as SQL for the compute engine; NULL of NULL."""
    digits = [f"(({column} >> {5 * place}) & 31)" for place in reversed(range(DIGITS))]
    check = "(" + " + ".join(f"{weight} * {digit}" for weight, digit in enumerate(digits, 1)) + ") % 31"
    characters = (f"substr('{ALPHABET}', ({digit} + 1)::BIGINT, 1)" for digit in (*digits, check))
    return f"('{_PREFIX}' || {' || '.join(characters)})"


def customer_number_sql(column: str) -> str:
    """Return the number of a column of ids that this program wrote (nothing is checked), as SQL; NULL of NULL."""
    places = (
        f"((instr('{ALPHABET}', substr({column}, {place + 2}, 1)) - 1)::BIGINT << {5 * (DIGITS - 1 - place)})"
        for place in range(DIGITS)
    )
    return f"({' + '.join(places)})"
