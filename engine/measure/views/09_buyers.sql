-- What each customer is worth and where they came from: the dimensions that all other measures share.
-- grain: one row per customer, buyers or not
-- formula: ltv = sum of net over all purchases; ltv_30, ltv_90, ltv_365 = over those within so many days of the first;
--   NULL where no purchase has a rate
-- formula: acquired_by = channel of the first touch (`first_touches`), else `unknown`
-- formula: status, as of the newest order or event: prospect (no purchase), new (one, within 90 days), repeat
--   (two or more, the last within 180 days), lapsed (else)
-- owner: finance
-- column: customer_id | the customer
-- column: acquired_by | channel, as in `touches`
-- column: segment | what the CRM calls the customer, of its newest record that says so; NULL if none does
-- column: first_at, last_at | of the purchases
-- column: purchases | how many
-- column: ltv, ltv_30, ltv_90, ltv_365, refunded, margin | amounts in the project's currency
-- column: days_to_second | days from the first purchase to the second
-- column: status | prospect, new, repeat or lapsed
-- column: category | the category that the customer bought most, else the item
CREATE VIEW buyers AS
WITH bought AS (
    SELECT customer_id, min("at") AS first_at, max("at") AS last_at, count(*) AS purchases, sum(net) AS ltv,
        sum(refunded) AS refunded, sum(margin) AS margin,
        min("at") FILTER (nth = 2) AS second_at
    FROM purchases GROUP BY customer_id
), early AS (
    SELECT p.customer_id,
        sum(net) FILTER (p."at" <= first_at + INTERVAL 30 DAY) AS ltv_30,
        sum(net) FILTER (p."at" <= first_at + INTERVAL 90 DAY) AS ltv_90,
        sum(net) FILTER (p."at" <= first_at + INTERVAL 365 DAY) AS ltv_365
    FROM purchases p JOIN bought USING (customer_id) GROUP BY p.customer_id
), favourite AS (
    SELECT customer_id, arg_max(what, (n, what)) AS category FROM (
        SELECT customer_id, coalesce(category, item) AS what, sum(quantity) AS n
        FROM order_items WHERE coalesce(category, item) IS NOT NULL GROUP BY ALL)
    GROUP BY customer_id
)
SELECT c.customer_id, coalesce(t.channel, 'unknown') AS acquired_by, s.segment, b.first_at, b.last_at,
    coalesce(b.purchases, 0) AS purchases, if(b.purchases IS NULL, 0, b.ltv) AS ltv,
    if(b.purchases > 0 AND b.ltv IS NULL, NULL, coalesce(e.ltv_30, 0)) AS ltv_30,
    if(b.purchases > 0 AND b.ltv IS NULL, NULL, coalesce(e.ltv_90, 0)) AS ltv_90,
    if(b.purchases > 0 AND b.ltv IS NULL, NULL, coalesce(e.ltv_365, 0)) AS ltv_365,
    coalesce(b.refunded, 0) AS refunded, b.margin,
    date_diff('day', b.first_at, b.second_at) AS days_to_second,
    CASE WHEN b.purchases IS NULL THEN 'prospect'
         WHEN b.purchases = 1 AND b.last_at >= $as_of - INTERVAL 90 DAY THEN 'new'
         WHEN b.purchases > 1 AND b.last_at >= $as_of - INTERVAL 180 DAY THEN 'repeat' ELSE 'lapsed' END AS status,
    f.category
FROM customers c LEFT JOIN bought b USING (customer_id) LEFT JOIN early e USING (customer_id)
    LEFT JOIN first_touches t USING (customer_id) LEFT JOIN favourite f USING (customer_id)
    LEFT JOIN segments s USING (customer_id);
