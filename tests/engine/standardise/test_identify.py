import pytest

from engine.standardise import standardise_identifier
from engine.standardise.identify import identify


@pytest.mark.parametrize(
    ("type", "system", "text", "value", "status"),
    [
        ("account", "shopify", " 123 ", "shopify:123", "ok"),
        ("account", "shopify", "shopify:123", "shopify:123", "ok"),
        ("account", "shopify", "gid://shopify/Customer/123", "shopify:123", "ok"),
        ("account", "shopify", "123.0", "shopify:123", "ok"),
        ("account", "woocommerce", "0", "woocommerce:0", "placeholder"),
        ("loyalty", "", "l 902 14273", "L90214273", "ok"),
        ("device", "", "GA1.908100339.0757938347", "GA1.908100339.0757938347", "ok"),
        ("device", "", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000", "placeholder"),
        ("device", "", "(not set)", "(not set)", "placeholder"),
        ("passport", "", " Ä 12-b ", "a12b", "ok"),
        ("passport", "", "***", "***", "placeholder"),
    ],
)
def test_other_types(type: str, system: str, text: str, value: str, status: str) -> None:
    found = identify(type, system, text, "US")
    assert (found.type, found.value, found.status) == (type, value, status)


def test_value_in_the_wrong_column_moves() -> None:
    moved = identify("phone", "", "John@Email.com", "US")
    assert (moved.type, moved.value, moved.status) == ("email", "john@email.com", "ok")
    assert moved.detail == "from a column of phones"
    moved = identify("email", "", "(212) 346-7300", "US")
    assert (moved.type, moved.value, moved.detail) == (
        "phone",
        "+12123467300",
        "fixed_line_or_mobile, from a column of emails",
    )
    assert identify("email", "", "555-1234", "US").type == "email"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("John@Email.com", ("email", "john@email.com")),
        ("+1 555 123 4567", ("phone", "+15551234567")),
        ("(555) 123-4567", ("phone", "+15551234567")),
        ("shopify:123", ("account", "shopify:123")),
        ("123", ("account", "123")),
        ("phone: 0151 23456789", ("phone", "0151 23456789")),
        ("loyalty:l 123", ("loyalty", "L123")),
    ],
)
def test_what_a_user_typed(typed: str, first: tuple[str, str]) -> None:
    region = "US"
    if typed.startswith("phone"):
        region, first = "DE", ("phone", "+4915123456789")
    assert standardise_identifier(typed, region)[0] == first


def test_only_the_types_asked_for() -> None:
    assert standardise_identifier("John@Email.com", "US", ["phone"]) == []
    assert standardise_identifier("AB 12", "US", ["passport"]) == [("passport", "ab12")]
    assert standardise_identifier("  ", "US") == []
    kinds = [kind for kind, _ in standardise_identifier("2123467300", "US")]
    assert kinds == ["phone", "account", "loyalty", "device"]
