"""One identifier of any type, and what a user typed to look somebody up by."""

from __future__ import annotations

import re
from collections.abc import Collection

from engine.standardise.mail import email
from engine.standardise.phone import looks_like_phone, phone
from engine.standardise.text import NOTHING, clean, fold, fold_words
from engine.standardise.values import Identifier

#: Ids that stand for nobody: 0, 00000000-0000-..., 1111111, (not set), guest.
_NOBODY = re.compile(r"[0\W_]*|([1-9])\1{4,}|-1|(?:guest|anonymous|anonym|default|visitor)", re.IGNORECASE)
_DECIMAL = re.compile(r"(\d+)\.0")
_GLOBAL_ID = re.compile(r"gid://\w+/\w+/(\w+)")
_PREFIXED = re.compile(r"([A-Za-z][\w.-]{0,40}):\s*(\S.*)")

_KNOWN_TYPES = ("email", "phone", "account", "loyalty", "device")


def identify(type: str, system: str, text: str, region: str) -> Identifier:
    """Bring an identifier that was read as `type` into its canonical form; `system` is whose account ids these are.

    An e-mail address in a phone column becomes an e-mail, and the other way round; `detail` says so.
    """
    if type == "email":
        found = phone(text, region) if "@" not in text and looks_like_phone(text) else None
        return _moved(found, "email") or email(text)
    if type == "phone":
        found = email(text) if "@" in text else None
        return _moved(found, "phone") or phone(text, region)
    typed = clean(text)
    if type == "account":
        value = typed.removeprefix(f"{system}:")
        if match := _GLOBAL_ID.fullmatch(value) or _DECIMAL.fullmatch(value):
            value = match[1]
        canonical = f"{system}:{value}" if system else value
    elif type == "loyalty":
        canonical = value = typed.upper().replace(" ", "")
    elif type == "device":
        canonical = value = typed
    else:
        # 521-21-2123 and 521212123, "DE 123" and "de123" are one id.
        folded = fold(typed)
        canonical = value = fold_words(folded).replace(" ", "") or folded
    nobody = _NOBODY.fullmatch(value) or (not value.isdigit() and fold_words(value) in NOTHING)
    return Identifier(type, canonical, typed if type != "account" else canonical, "placeholder" if nobody else "ok")


def standardise_identifier(text: str, region: str, types: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Say what a user may have meant, likeliest first: (type, canonical value) pairs to look up.

    `types` are the project's identifier types; others are not returned, and custom ones are only tried if named. A bare
    id gives an `account` without its system: look it up as the part after the colon, in every system.
    """
    wanted = _KNOWN_TYPES if types is None else types
    typed = clean(text)
    if not typed:
        return []
    found: list[Identifier] = []
    match = _PREFIXED.fullmatch(typed)
    if match and match[1].lower() in wanted:
        # "phone: 0151 ...", "loyalty:L123": the user says what it is. (account:shopify:123, too.)
        found.append(identify(match[1].lower(), "", match[2], region))
    if "@" in typed:
        found.append(identify("email", "", typed, region))
    elif looks_like_phone(typed) or typed.lower().startswith("tel:"):
        found.append(identify("phone", "", typed, region))
    if "@" not in typed and " " not in typed:
        system = match[1] if match else ""
        found.append(identify("account", system, match[2] if match else typed, region))
    others = [kind for kind in wanted if kind not in ("email", "phone", "account")]
    found += [identify(kind, "", typed, region) for kind in others]
    pairs = [(one.type, one.value) for one in found if one.type in wanted and one.status != "invalid"]
    return list(dict.fromkeys(pairs))


def _moved(found: Identifier | None, column: str) -> Identifier | None:
    if found is None or found.status == "invalid":
        return None
    return found._replace(detail=", ".join(filter(None, (found.detail, f"from a column of {column}s"))))
