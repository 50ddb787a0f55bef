"""The words that a customer is found by (`graph.search`), made here of a run's tables for every store."""

from __future__ import annotations

from graph.search import LETTERS

#: Of all records, folded by the standardiser: the names, what first names are short for, and companies.
_NAMES = "first_name, first_root, middle_name, last_name, company"
#: A postcode that is written in groups is found as one word, too.
_PLACES = "city, postcode, CASE WHEN contains(postcode, ' ') THEN replace(postcode, ' ', '') END"
#: Of the addresses that are shown: an e-mail's words up to its @, the last four digits of a phone number.
_REACHED = """regexp_replace(lower(split_part(c.email, '@', 1)), '[^a-z0-9]+', ' ', 'g'),
    right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 4)"""


def with_words(customers: str, prefix: str, some: bool = False) -> str:
    """SQL: some of a run's customers with `names` and `others`, each word once, parted by spaces; NULL for none.

    `prefix` is that of the run's tables; `some`: the customers are few of the run's.
    """
    whose = f"{prefix}_members"
    if some:
        whose = f"(FROM {whose} SEMI JOIN {customers} USING (customer_id))"
    # A word that is a name's is found as that.
    return f"""
        SELECT * EXCLUDE (said, others), nullif(array_to_string(said, ' '), '') AS names,
            nullif(array_to_string(list_filter(others, lambda w: NOT list_contains(said, w)), ' '), '') AS others
        FROM (
            SELECT c.*, {_each("said")} AS said, {_each(f"concat_ws(' ', places, {_REACHED})")} AS others
            FROM {customers} c LEFT JOIN (
                SELECT customer_id, string_agg(lower(concat_ws(' ', {_NAMES})), ' ') AS said,
                    string_agg(lower(concat_ws(' ', {_PLACES})), ' ') AS places
                FROM {whose} JOIN {prefix}_records USING (record_id) GROUP BY customer_id
            ) USING (customer_id)
        )"""


def _each(text: str) -> str:
    """SQL: the words of a text, each once."""
    words = f"string_split(coalesce({text}, ''), ' ')"
    cut = f"list_transform({words}, lambda w: left(w, {LETTERS}))"
    return f"list_filter(list_sort(list_distinct({cut})), lambda w: w <> '')"
