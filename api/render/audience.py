"""Whom a purpose is about, and why some may not be written to."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text

from api.render.layout import columns, heading, lines
from api.render.words import count, minute, safe
from api.results import Addressed, Lists

_ABOUT = {"cart-recovery": "have a cart, or must not be reminded of one", "win-back": "bought once"}
_CHANNELS = {"email": "by e-mail", "sms": "by SMS", "ads": "by ads"}


def audience(found: Addressed) -> Group:
    """How many may be written to, and how many may not, by reason."""
    of = found.audience
    kept = of.about - of.reached
    rows = [(reason, f"{number:,}") for reason, number in of.suppressed.items()]
    about = f"{count(of.about, 'customer')} {_ABOUT.get(of.purpose, 'in all')}"
    written = None
    if found.file:
        who = (
            f"{count(of.reached, 'customer')} to write to" if found.reach else f"{count(kept, 'customer')} to leave out"
        )
        written = Text(f"\n{safe(found.file)}: {who}")
    return lines(
        Text(f"{of.purpose} {_CHANNELS[of.channel]}, as of {minute(of.at)}", style="bold"),
        Text(f"{about}; {of.reached:,} of them may be written to."),
        heading("Left out, each for all of its reasons") if rows else None,
        columns((), rows, right=(1,)) if rows else None,
        written,
    )


def lists(found: Lists) -> Group:
    """How many each list is about, and where the files are."""
    rows = [
        (of.purpose, of.channel, f"{of.about:,}", f"{of.reached:,}", f"{of.about - of.reached:,}")
        for of in found.audiences
    ]
    return lines(
        Text(f"Whom to write to, as of {minute(found.audiences[0].at)}", style="bold"),
        columns(("purpose", "channel", "about", "to write to", "to leave out"), rows, right=(2, 3, 4)),
        Text(f"\n{safe(found.folder)}: two files each, such as cart-recovery-email-suppress.csv"),
    )
