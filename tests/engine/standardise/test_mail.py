import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.standardise.mail import email


@pytest.mark.parametrize(
    ("typed", "value", "display"),
    [
        ("john@email.com", "john@email.com", "john@email.com"),
        ("  John@Email.COM ", "john@email.com", "john@email.com"),
        ("j.o.h.n+shop@googlemail.com", "john@gmail.com", "j.o.h.n+shop@googlemail.com"),
        ("a.b+c@hotmail.com", "a.b@hotmail.com", "a.b+c@hotmail.com"),
        ("j.d-k@pm.me", "jdk@proton.me", "j.d-k@pm.me"),
        ("x@me.com", "x@icloud.com", "x@me.com"),
        ("x@müller.de", "x@xn--mller-kva.de", "x@müller.de"),
        ("michaele.lo\u0308chel@bluemel.de", "michaele.löchel@bluemel.de", "michaele.löchel@bluemel.de"),
        ("Bob <bob@x.com>", "bob@x.com", "bob@x.com"),
        ("mailto:bob@x.com", "bob@x.com", "bob@x.com"),
        ("bob @ x.com", "bob@x.com", "bob@x.com"),
        ("ＪＯＨＮ＠email.com", "john@email.com", "john@email.com"),
        ("\u200bjohn@email.com\ufeff", "john@email.com", "john@email.com"),
        # Typos stay typos.
        ("john@gmial.com", "john@gmial.com", "john@gmial.com"),
        ("+49@gmail.com", "+49@gmail.com", "+49@gmail.com"),
    ],
)
def test_canonical_form(typed: str, value: str, display: str) -> None:
    found = email(typed)
    assert (found.value, found.display, found.status) == (value, display, "ok")


@pytest.mark.parametrize(
    ("status", "typed"),
    [
        ("placeholder", "test@test.com n/a none@none.com john@example.com noreply@shop.com asdf@asdf.de na@x.com"),
        ("placeholder", "noemail@noemail.com unknown@gmail.com customer@gmail.com x@shop.test"),
        ("role", "info@joseph.com sales@x.com kontakt@firma.de customer-service@x.com Office@davis.biz admin@x.com"),
        ("disposable", "x@mailinator.com x@sub.mailinator.com"),
        ("invalid", "bob@x bob@@x.com @x.com ...@gmail.com bob.x.com 5551234567 a@b@c.com"),
        ("ok", "john@shop.example naomi@x.com nancy@x.com abc@smith.org x@hotmial.com x@privaterelay.appleid.com"),
    ],
)
def test_status(status: str, typed: str) -> None:
    assert {one: email(one).status for one in typed.split()} == dict.fromkeys(typed.split(), status)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(max_size=40) | st.emails())
def test_canonical_form_is_stable(typed: str) -> None:
    found = email(typed)
    if found.status != "invalid":
        assert email(found.value).value == found.value
