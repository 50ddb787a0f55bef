"""How often each trap of real life occurs in the demo. One place, so that tests and readers see the same figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

COUNTRIES = ("US", "GB", "DE")
CURRENCIES = ("USD", "GBP", "EUR")
WORTH = (1, 1.27, 1.08)  # of one unit, in the first currency
CALLING = ("1", "44", "49")
COUNTRY_SHARE = (0.81, 0.10, 0.09)

#: The shop opened, and the exports were taken (seconds since 1970).
OPENED = int(datetime(2024, 5, 20, tzinfo=UTC).timestamp())
TAKEN = int(datetime(2026, 10, 28, tzinfo=UTC).timestamp())
NEVER = TAKEN * 2

# Households and persons.
HOUSEHOLD_SIZES = (0.42, 0.30, 0.14, 0.10, 0.04)  # of 1 to 5 persons
MARRIED = 0.75  # second adults with the first one's last name
RENAMED = 0.08  # wives whose last name changed while the shop knew them
NAMESAKE = 0.01  # first adults who share name and town with a stranger
JUNIOR = 0.04  # children with a parent's first name
MOVED = 0.08  # households with an old and a new address
GOES_BY_NICKNAME = 0.25  # persons who mostly give a short form of their name
GERMAN_WITHOUT_UMLAUTS = 0.20  # persons with an umlaut who write it as two letters

# Identifiers.
SECOND_MAILBOX = 0.25  # persons without a second account or profile (those with one have a second e-mail for it)
WORK_MAILBOX = 0.60  # of the second ones
DISPOSABLE = 0.03  # of the second ones
SHARED_MAILBOX = 0.06  # second adults who often use the first one's e-mail
SECOND_PHONE = 0.12
CHANGED_PHONE = 0.07
RECYCLED_PHONE = 0.25  # of the changed ones: the new number was somebody else's before
LAND_LINE = 0.25  # households
PERSONS_PER_ROLE_INBOX = 330
ROLE_INBOX_USERS = (6, 12)  # persons behind one role inbox, from and to
PERSONS_PER_TILL = 15_000
TILLS_MOST = 6
HOUSEHOLD_TABLET = 0.6  # households of two or more with a device for all
HANDED_ON_DEVICE = 0.06  # second and later members who get the first one's old device

# Choices made for each record.
USE_SECOND_MAILBOX = 0.29  # records of persons who have one
USE_SHARED_MAILBOX = 0.25  # records of persons who share one
USE_ROLE_INBOX = 0.38  # records of role inbox users
USE_SECOND_PHONE = 0.30
USE_LAND_LINE = 0.12  # records of persons in a household that has one
STALE_PHONE = 0.05  # records that still give the number from before the change
PLUS_TAG = 0.03  # gmail only, as the next two
GOOGLEMAIL = 0.04
DOTTED = 0.03
NAME_TYPO = 0.022  # first and last name each
EMAIL_TYPO = 0.012
PHONE_TYPO = 0.003
STREET_TYPO = 0.02
STREET_SPELLING = 0.15  # St for Street, Str. for Straße
SHORT_NAME = 0.05  # a short form by those who mostly give the full one
INITIAL = 0.012
OLD_NAME_KEPT = 0.15  # records after the change that still carry the old last name
LOWER_CASE = 0.12
UPPER_CASE = 0.08
STRAY_BLANK = 0.09
ODD_EMAIL_CASE = 0.06

# Orders and the web.
LOGGED_IN = 0.85  # orders of account holders; all others are guest orders
GIFT = 0.08  # orders sent to somebody else
ORDER_WITHOUT = 0.21  # persons who never ordered
ORDER_TAIL = (2.5, 2.8)  # shift and exponent of the orders per buyer
ORDERS_MOST = 32
TRACKED = 0.85  # orders that the analytics tool saw
DEVICE_NOTED = 0.62  # tracked orders that carry the analytics id
REFUNDED = 0.033
PARTLY_REFUNDED = 0.031
BROWSE_SESSIONS = 1.9  # sessions without an order, a person
STRANGERS = 0.03  # visitors without any record, for each person
LOGIN = 0.16  # sessions of account holders with a login
CONSENT_FLIPPED = 0.22  # systems that disagree with what the person said


@dataclass(frozen=True)
class SourceRates:
    """Per source: persons with a record, with a second one, missing fields, and placeholder values."""

    persons: float
    second: float = 0.0
    no_first: float = 0.0
    no_last: float = 0.0
    no_email: float = 0.0
    no_phone: float = 0.0
    no_street: float = 0.0
    no_town: float = 0.0
    no_postcode: float = 0.0
    fake_email: float = 0.0
    fake_phone: float = 0.0
    #: The phone format that this system mostly shows, 0 to 6, and how often.
    phone_format: int = 0
    phone_format_kept: float = 0.5


#: In the order in which truth.csv lists them.
SOURCES = {
    "shopify_customers": SourceRates(0.61, 0.05, 0.09, 0.03, 0.0, 0.50, 0.13, 0.14, 0.15, 0.0, 0.004, 4),
    "shopify_orders": SourceRates(0.79, no_phone=0.44, fake_email=0.008, fake_phone=0.007, phone_format=0),
    "klaviyo_profiles": SourceRates(0.71, 0.08, 0.19, 0.38, 0.0, 0.60, 1.0, 0.51, 0.49, 0.0, 0.004, 4),
    "hubspot_contacts": SourceRates(0.45, 0.05, 0.09, 0.09, 0.0, 0.46, 1.0, 0.33, 0.31, 0.024, 0.006, 2),
    "sms_subscribers": SourceRates(0.325, 0.0, 0.32, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.003, 4),
    "zendesk_users": SourceRates(0.26, 0.0, 0.0, 0.0, 0.21, 0.51, 1.0, 1.0, 1.0, 0.014, 0.014, 4),
    "pos_loyalty": SourceRates(0.32, 0.0, 0.0, 0.0, 0.64, 0.07, 1.0, 1.0, 0.21, 0.0, 0.0, 0),
}
CHECKOUTS = SourceRates(0.18, 0.0, 0.4, 0.0, 0.28, 0.75, 1.0, 1.0, 0.50)
TILL_NUMBER = 0.022  # loyalty cards with the shop's own number
NO_BIRTH_DATE = 0.31
WRONG_BIRTH_DATE = 0.02  # day and month swapped, or 1 January 1900

FAKE_EMAILS = ("test@test.com", "noreply@example.com", "n/a", "none@none.com")
FAKE_EMAIL_SHARE = (0.42, 0.25, 0.2, 0.13)
FAKE_PHONES = ("0000000000", "1234567890", "N/A", "+15555555555")
FAKE_PHONE_SHARE = (0.35, 0.3, 0.2, 0.15)
ROLES = ("info", "office", "hello", "team", "accounts", "sales")
