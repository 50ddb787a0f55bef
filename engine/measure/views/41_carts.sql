-- The last cart or checkout of each customer, on any device and of the shop's own list of abandoned checkouts.
-- grain: one row per customer who ever put something in a cart or began a checkout
-- formula: bought_at as in `bought`; open = nothing bought since the last cart, and that no more than 30 days ago
-- formula: items and value are of what was put in the cart in the 30 days up to its last event, since what was bought before;
--   value = of the latest checkout that says one, else the sum over what was put in the cart
-- owner: marketing
-- column: customer_id | whose cart it is
-- column: at | the last time that something was put in it, or its checkout begun
-- column: kind | what happened then: add_to_cart or begin_checkout
-- column: items | up to 20 articles, sorted
-- column: value, currency | NULL where no event says one
-- column: bought_at | when the customer last bought, if ever
-- column: open | whether it is an open cart
-- column: confidence | how sure it is that the last event was the customer's
CREATE VIEW carts AS
WITH touched AS (
    SELECT customer_id, "at", key, kind, item, value, currency, confidence FROM activity
    WHERE kind IN ('add_to_cart', 'begin_checkout') AND customer_id IS NOT NULL AND "at" IS NOT NULL
), ended AS (SELECT customer_id, max("at") AS "at" FROM touched GROUP BY customer_id
), last AS (
    SELECT customer_id, "at", arg_max(kind, key) AS kind, arg_max(confidence, key) AS confidence
    FROM touched JOIN ended USING (customer_id, "at") GROUP BY customer_id, "at"
), content AS (
    SELECT t.customer_id, list_sort(list(DISTINCT t.item) FILTER (t.item IS NOT NULL))[:20] AS items,
        coalesce(arg_max(t.value, t."at") FILTER (t.kind = 'begin_checkout' AND t.value IS NOT NULL),
            sum(t.value) FILTER (t.kind = 'add_to_cart')) AS value,
        arg_max(t.currency, t."at") FILTER (t.value IS NOT NULL) AS currency
    FROM touched t JOIN last l USING (customer_id) LEFT JOIN bought b USING (customer_id)
    WHERE t."at" >= l."at" - INTERVAL 30 DAY AND (b."at" IS NULL OR b."at" >= l."at" OR t."at" > b."at")
    GROUP BY t.customer_id
)
SELECT customer_id, l."at", l.kind, c.items, c.value, c.currency, b."at" AS bought_at,
    l."at" > $as_of - INTERVAL 30 DAY AND (b."at" IS NULL OR b."at" < l."at") AS open, l.confidence
FROM last l LEFT JOIN content c USING (customer_id) LEFT JOIN bought b USING (customer_id);
