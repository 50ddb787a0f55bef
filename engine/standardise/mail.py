"""E-mail addresses: a display form and a canonical form in which one mailbox is one value."""

from __future__ import annotations

import re

import idna
from disposable_email_domains import blocklist

from engine.standardise.data import lines
from engine.standardise.text import NOTHING, clean, fold_words
from engine.standardise.values import Identifier

#: Domains of one provider under which one mailbox answers.
_SAME_DOMAIN = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
#: Providers that ignore these characters in the part before the @.
_IGNORED = {"gmail.com": ".", "proton.me": ".-_"}

_ADDRESS = re.compile(r"<\s*([^<>]*@[^<>]*?)\s*>")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
_AROUND_AT = re.compile(r"\s*@\s*")

#: Names reserved for documents and tests (RFC 2606). Shops and demos live under .example, so that one may link.
_TEST_DOMAINS = frozenset(
    {"example.com", "example.org", "example.net", "example.edu", "test.com", "test.de", "none.com", "noemail.com",
     "nomail.com", "no-email.com", "asdf.com", "noreply.com", "invalid.com", "domain.com", "yourdomain.com"}
)  # fmt: skip
_TEST_SUFFIXES = (".test", ".invalid", ".localhost", ".example.com", ".example.org", ".example.net")
_PLACEHOLDER = re.compile(
    r"(?:test(?:er|ing|user|mail|email|account)?\d{0,3}|no-?_?\.?(?:e-?mail|mail|reply|one|body|name|t-?provided|thing)"
    r"|none?|na|n\.?a|null|nil|nan|unknown|undefined|not-?available|donotreply|do-not-reply|not\.?given|noemail\w*"
    r"|asdf\w*|qwert[yz]?\w*|abc(?:123|def)?|xyz|x{2,}|a{3,}|fake|dummy|example|sample|anonymous|guest|customer"
    r"|user|email|your-?\.?(?:name|email)|first\.?name|placeholder|deleted\w*|\.+|-+|0+|1{3,}|123+4?5?6?)"
)
#: ... of which these may be somebody's address at a domain of their own, and are placeholders at public ones only.
_PUBLIC = frozenset(
    {"gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "live.com", "msn.com", "mail.com",
     "email.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "yahoo.co.uk", "hotmail.co.uk", "proton.me",
     "test.com", "orange.fr", "free.fr", "libero.it", "comcast.net", "me.com"}
)  # fmt: skip
_PERHAPS = frozenset({"user", "email", "customer", "guest", "abc", "xyz", "sample", "anonymous"})

#: Mailboxes of an office rather than of a person; compared without dots, dashes and underscores.
_ROLES = frozenset(lines("role_mailboxes.txt"))
_JOINTS = str.maketrans("", "", "._-")


def email(text: str) -> Identifier:
    """Bring an e-mail address into its canonical form.

    Lower case, without display name, plus tag, and the dots that Gmail ignores; the domain in ASCII (IDNA) and without
    its aliases. Typos are not corrected. Status: ok, role, disposable, placeholder, invalid.
    """
    display = _typed(text)
    local, at, domain = display.rpartition("@")
    if not at:
        nothing = fold_words(display) in NOTHING or _PLACEHOLDER.fullmatch(display)
        return Identifier("email", display, display, "placeholder" if nothing else "invalid")
    ascii_domain = _ascii(domain)
    local = local.strip(".")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain) or len(ascii_domain) > 253:
        nothing = _PLACEHOLDER.fullmatch(local) and _PLACEHOLDER.fullmatch(domain)
        return Identifier("email", display, display, "placeholder" if nothing else "invalid")
    ascii_domain = _SAME_DOMAIN.get(ascii_domain, ascii_domain)
    base = local.split("+", 1)[0] or local
    for character in _IGNORED.get(ascii_domain, ""):
        base = base.replace(character, "") or base
    return Identifier("email", f"{base}@{ascii_domain}", display, _status(base, ascii_domain))


def _typed(text: str) -> str:
    """Lower case, without what mail programs and spreadsheets put around an address."""
    typed = clean(text).lower()
    if match := _ADDRESS.search(typed):
        typed = match[1]
    typed = typed.removeprefix("mailto:").split("?subject=")[0].strip(" '\"<>,;:.")
    return _AROUND_AT.sub("@", typed) if " " in typed else typed


def _ascii(domain: str) -> str:
    domain = domain.strip(".")
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain  # not a name that can be looked up: fails the check of the caller


def _status(local: str, domain: str) -> str:
    if domain in _TEST_DOMAINS or domain.endswith(_TEST_SUFFIXES):
        return "placeholder"
    if _PLACEHOLDER.fullmatch(local) and (local not in _PERHAPS or domain in _PUBLIC):
        return "placeholder"
    if (domain in blocklist or domain.partition(".")[2] in blocklist) and not _is_typo(domain):
        return "disposable"
    if local.translate(_JOINTS) in _ROLES:
        return "role"
    return "ok"


def _is_typo(domain: str) -> bool:
    """Spare the typos of public domains: someone sells hotmial.com, but who types it at a shop means hotmail.com."""
    return any(sorted(domain) == sorted(public) for public in _PUBLIC)
