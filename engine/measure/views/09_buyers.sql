-- What each customer is worth and where they came from: the dimensions that all other measures share.
-- grain: one row per customer, buyers or not
-- formula: ltv = sum of net over all purchases; ltv_30, ltv_90, ltv_365 = over those within so many days of the first;
--   NULL where no purchase has a rate
-- formula: acquired_by = channel of the first touch (`first_touches`), else `unknown`
-- owner: finance
-- column: customer_id | the customer
-- column: acquired_by | channel, as in `touches`
-- column: segment | what the CRM calls the customer, of its newest record that says so; NULL if none does
-- column: first_at, last_at, purchases, status | as in `stages`
-- column: ltv, ltv_30, ltv_90, ltv_365, refunded, margin | amounts in the project's currency
-- column: days_to_second | days from the first purchase to the second
-- column: category | the category that the customer bought most, else the item
CREATE VIEW buyers AS
WITH bought AS (
    SELECT customer_id, sum(net) AS ltv, sum(refunded) AS refunded, sum(margin) AS margin,
        min("at") FILTER (nth = 2) AS second_at,
        sum(net) FILTER (p."at" <= first_at + INTERVAL 30 DAY) AS ltv_30,
        sum(net) FILTER (p."at" <= first_at + INTERVAL 90 DAY) AS ltv_90,
        sum(net) FILTER (p."at" <= first_at + INTERVAL 365 DAY) AS ltv_365
    FROM purchases p JOIN stages USING (customer_id) GROUP BY customer_id
), favourite AS (
    SELECT customer_id, arg_max(what, (n, what)) AS category FROM (
        SELECT customer_id, coalesce(category, item) AS what, sum(quantity) AS n
        FROM order_items WHERE coalesce(category, item) IS NOT NULL GROUP BY ALL)
    GROUP BY customer_id
)
SELECT customer_id, coalesce(t.channel, 'unknown') AS acquired_by, s.segment, c.first_at, c.last_at, c.purchases,
    if(c.purchases = 0, 0, b.ltv) AS ltv,
    if(c.purchases > 0 AND b.ltv IS NULL, NULL, coalesce(b.ltv_30, 0)) AS ltv_30,
    if(c.purchases > 0 AND b.ltv IS NULL, NULL, coalesce(b.ltv_90, 0)) AS ltv_90,
    if(c.purchases > 0 AND b.ltv IS NULL, NULL, coalesce(b.ltv_365, 0)) AS ltv_365,
    coalesce(b.refunded, 0) AS refunded, b.margin,
    date_diff('day', c.first_at, b.second_at) AS days_to_second, c.status, f.category
FROM stages c LEFT JOIN bought b USING (customer_id) LEFT JOIN first_touches t USING (customer_id)
    LEFT JOIN favourite f USING (customer_id) LEFT JOIN segments s USING (customer_id);
