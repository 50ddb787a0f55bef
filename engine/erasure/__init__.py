"""Erasing a person: from every kept run, model and plan, and from what comes in again."""
