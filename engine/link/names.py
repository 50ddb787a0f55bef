"""Can two names be one person's? One definition, as SQL, for first groups, comparisons and contradictions."""

from __future__ import annotations

#: Two similar names are a typing error only if one is this many times rarer than the other, or nearly unique.
RARER = 30


def similar(a: str, b: str, threshold: float = 0.92) -> str:
    """SQL for whether two texts are a typing error apart, or so alike by Jaro-Winkler. NULLs give NULL."""
    return f"(jaro_winkler_similarity({a}, {b}) >= {threshold} OR {one_edit(a, b)})"


def one_edit(a: str, b: str) -> str:
    """SQL for whether two texts are at most one typing error apart: a letter more, less, other, or two swapped.

    Damerau-Levenshtein takes ten times as long as everything else here, so it is asked last. One error leaves the texts
    equal up to it and after it, and one of these two parts is nearly half of the whole.
    """
    half = f"(least(length({a}), length({b})) - 1) // 2"
    return (
        f"(abs(length({a}) - length({b})) <= 1 AND (left({a}, {half}) = left({b}, {half})"
        f" OR right({a}, {half}) = right({b}, {half}))"
        f" AND levenshtein({a}, {b}) <= 2 AND damerau_levenshtein({a}, {b}) <= 1)"
    )


def both_common(left: str, right: str, field: str = "first") -> str:
    """SQL for whether both names are in use. Brenda isn't a misspelt Brendan, though Brendda may be a misspelt Brenda.

    `first_count` and `last_count` say with how many different other names a name stands.
    """
    a, b = f"{left}.{field}_count", f"{right}.{field}_count"
    return f"(least({a}, {b}) > 2 AND least({a}, {b}) * {RARER} > greatest({a}, {b}))"


def is_initial(left: str, right: str, field: str = "first_name") -> str:
    """SQL for whether one name is the other's initial."""
    a, b = f"{left}.{field}", f"{right}.{field}"
    return f"(least(length({a}), length({b})) = 1 AND left({a}, 1) = left({b}, 1))"


def is_variant(left: str, right: str) -> str:
    """SQL for whether one first name is a short form of the other (Pat, Patricia), or a typing error away from it.

    A short form is at least three letters shorter, or the two aren't both common: Eric isn't short for Erica.
    """
    a, b = f"{left}.first_name", f"{right}.first_name"
    starts = f"least(length({a}), length({b})) > 2 AND (starts_with({a}, {b}) OR starts_with({b}, {a}))"
    return (
        f"({starts} AND abs(length({a}) - length({b})) >= 3"
        f" OR ({starts} OR {similar(a, b)}) AND NOT {both_common(left, right)})"
    )


def swapped(left: str, right: str) -> str:
    """SQL for whether each row's first name is the other's last name, one of them perhaps misspelt. NULLs give NULL."""
    a, b, c, d = f"{left}.first_name", f"{right}.last_name", f"{left}.last_name", f"{right}.first_name"
    return f"({a} = {b} AND {similar(c, d)} OR {c} = {d} AND {similar(a, b)})"


def compatible(left: str, right: str) -> str:
    """SQL for whether the first names of two rows (table aliases) can be one person's. True where one is missing."""
    a, b = f"{left}.first_name", f"{right}.first_name"
    return (
        f"coalesce({a} = {b} OR {left}.first_root = {right}.first_root OR {is_initial(left, right)}"
        f" OR {is_variant(left, right)}, true)"
    )


def contradictory(left: str, right: str) -> str:
    """SQL for whether two first names can't be one person's, even if misspelt. False where one is missing."""
    a, b = f"{left}.first_name", f"{right}.first_name"
    return f"NOT ({compatible(left, right)} OR coalesce({similar(a, b)}, true))"
