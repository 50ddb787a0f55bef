"""What people should look at: matches that were refused, and light ones that customers hang by."""

from engine.review.queue import Doubt, Queue, Side, queue

__all__ = ["Doubt", "Queue", "Side", "queue"]
