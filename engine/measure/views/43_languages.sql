-- What language each customer speaks, as far as any tool says.
-- grain: one row per customer of whom it is known
-- formula: the newest record that says one; else the newest event, which knows the language of the device
-- formula: a code of ISO 639-1: of de-AT and of `German` it is de
-- owner: marketing
-- column: customer_id | the customer
-- column: language | two letters
-- column: source | where it comes from
CREATE VIEW languages AS
WITH said AS (
    SELECT customer_id, text, source, true AS by_person, max("at") AS "at" FROM record_languages GROUP BY ALL
    UNION ALL
    SELECT customer_id, language, source, false, max("at") FROM activity
    WHERE language IS NOT NULL AND customer_id IS NOT NULL GROUP BY ALL
), coded AS (SELECT *, $language AS language FROM said), newest AS (
    SELECT customer_id, arg_max({'language': language, 'source': source}, (by_person, coalesce("at", $oldest), source)) AS one
    FROM coded WHERE language IS NOT NULL GROUP BY customer_id
)
SELECT customer_id, one.language AS language, one.source AS source FROM newest;
