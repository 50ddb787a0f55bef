"""What a customer looks like: the golden record, the identifiers that lead to it, and what they may be used for."""

from engine.profile.golden import anchors, build_customers
from engine.profile.permissions import build_permissions

__all__ = ["anchors", "build_customers", "build_permissions"]
