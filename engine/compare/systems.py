"""What other systems say of merging two of their own accounts, and the pages that say so (read in November 2026)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.compare.result import Because, Verdict

_SHOPIFY = "https://shopify.dev/docs/api/admin-graphql/latest"
_KLAVIYO_API = "https://developers.klaviyo.com/en/reference/merge_profiles"
_KLAVIYO_HELP = "https://help.klaviyo.com/hc/en-us/articles/115005073847"
_HUBSPOT_LIMITS = "https://legacydocs.hubspot.com/docs/faq/contact-and-form-limits"
_HUBSPOT_MERGES = "https://knowledge.hubspot.com/records/merge-records"


@dataclass(frozen=True)
class System:
    """A system, by the namespace of its account ids, and how it merges.

    At most `most` accounts may become one. `why` says what each verdict means; one without `choose` keeps all e-mails.
    `unseen` is what would stop a merge and stands in no export, and `sources` the pages that tell of that.
    """

    id: str
    name: str
    most: int | None
    why: dict[Verdict, Because]
    unseen: tuple[str, ...]
    sources: tuple[str, ...]


SYSTEMS = (
    System(
        id="shopify",
        name="Shopify",
        most=None,
        why={
            "choose": Because(
                "the accounts have different e-mails and one is kept: choose it (`customerIdOfEmailToKeep`), or "
                "Shopify goes by the accounts' state and consent",
                f"{_SHOPIFY}/mutations/customerMerge",
            ),
            "check": Because("there are no two e-mails to choose from", f"{_SHOPIFY}/queries/customerMergePreview"),
        },
        unseen=(
            "subscriptions, now or before",
            "store credit",
            "gift cards",
            "contacts of a B2B company",
            "stored payment methods",
            "a Multipass identifier",
            "a data request or an erasure",
            "notes that are over 5,000 characters together, tags that are over 250",
        ),
        sources=(
            f"{_SHOPIFY}/enums/CustomerMergeErrorFieldType",
            f"{_SHOPIFY}/objects/CustomerMergePreviewBlockingFields",
        ),
    ),
    System(
        id="hubspot",
        name="HubSpot",
        most=250,
        why={
            "refuses": Because("no more than 250 contacts may become one", _HUBSPOT_LIMITS),
            "check": Because("choose the primary one; it can't be undone", _HUBSPOT_MERGES),
        },
        unseen=("merges made before, which count towards the 250",),
        sources=(_HUBSPOT_LIMITS,),
    ),
    System(
        id="klaviyo",
        name="Klaviyo",
        most=None,
        why={
            "choose": Because(
                "the profiles have different e-mails and one is kept: choose the destination; it can't be undone",
                _KLAVIYO_HELP,
            ),
            "check": Because("one source at a time goes into the destination; it can't be undone", _KLAVIYO_API),
        },
        unseen=(),
        sources=(),
    ),
)
