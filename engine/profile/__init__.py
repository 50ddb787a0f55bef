"""What a customer looks like: the golden record, and the identifiers that the customer is known by."""

from engine.profile.golden import anchors, build_customers

__all__ = ["anchors", "build_customers"]
