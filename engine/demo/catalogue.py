"""What the demo's shop sells, where its visitors come from and what it writes to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """An article and its list price in cents of each currency."""

    name: str
    category: str
    cents: int

    @property
    def sku(self) -> str:
        """The article number."""
        return self.name.upper().replace(" ", "-")

    @property
    def slug(self) -> str:
        """The name as it appears in the page's address."""
        return self.name.lower().replace(" ", "-")


PRODUCTS = (
    Product("Trail Shoe", "Footwear", 8_990),
    Product("Day Pack", "Bags", 6_450),
    Product("Sun Hat", "Clothing", 2_490),
    Product("Water Bottle", "Accessories", 1_875),
    Product("Head Lamp", "Accessories", 3_995),
    Product("Wool Sock", "Clothing", 1_290),
    Product("Rain Jacket", "Clothing", 11_900),
    Product("Base Layer", "Clothing", 4_925),
    Product("Camp Stove", "Camping", 5_480),
    Product("Trek Pole", "Camping", 4_275),
    Product("Sleeping Mat", "Camping", 7_350),
    Product("Dry Bag", "Bags", 2_150),
    Product("Merino Cap", "Clothing", 2_780),
    Product("Pocket Knife", "Accessories", 3_360),
)
PRODUCT_SHARE = (0.13, 0.08, 0.07, 0.12, 0.08, 0.15, 0.06, 0.07, 0.04, 0.05, 0.03, 0.05, 0.04, 0.03)
#: Price level of each country, per US cent.
PRICE_LEVEL = (1.0, 0.79, 0.92)


@dataclass(frozen=True)
class Campaign:
    """Where a visit came from, as three tools spell it: source, medium, campaign. An empty source is a direct visit."""

    share: float
    source: str
    medium: str
    name: str


#: The same few campaigns in the spellings that grow in every real account.
CAMPAIGNS = (
    Campaign(0.18, "", "", ""),
    Campaign(0.16, "google", "organic", ""),
    Campaign(0.12, "google", "cpc", "brand"),
    Campaign(0.02, "Google", "CPC", "Brand"),
    Campaign(0.02, "adwords", "ppc", "brand"),
    Campaign(0.09, "facebook", "paid_social", "spring"),
    Campaign(0.03, "Facebook", "paid-social", "Spring_26"),
    Campaign(0.03, "fb", "paidsocial", "spring"),
    Campaign(0.02, "ig", "paid_social", "spring"),
    Campaign(0.07, "tiktok", "paid_social", "launch"),
    Campaign(0.02, "TikTok", "social", "launch"),
    Campaign(0.12, "klaviyo", "email", "winback"),
    Campaign(0.02, "Klaviyo", "Email", "Win-back"),
    Campaign(0.02, "newsletter", "e-mail", "newsletter 42"),
    Campaign(0.06, "sms", "sms", "cart_recovery"),
    Campaign(0.02, "SMS", "text", "cart-recovery"),
)

MAILINGS = ("Newsletter 42", "Cart recovery", "Win-back 60d", "Spring Launch", "Back in stock")
SUBJECTS = ("Where is my order?", "Sizing question", "Refund please", "Change my name", "Wrong item", "Discount code")
DISCOUNTS = (("WELCOME10", 0.10), ("SPRING", 0.15))
VENDOR = "Clew Outdoor"
SITE = "https://shop.example/"
