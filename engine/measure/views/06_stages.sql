-- How far each customer has come with the shop.
-- grain: one row per customer, buyers or not
-- formula: status, as of the newest order or event: prospect (no purchase), new (one, within 90 days), repeat
--   (two or more, the last within 180 days), lapsed (else)
-- owner: marketing
-- column: customer_id | the customer
-- column: first_at, last_at | of the purchases
-- column: purchases | how many
-- column: status | prospect, new, repeat or lapsed
CREATE VIEW stages AS
SELECT customer_id, b.first_at, b.last_at, coalesce(b.purchases, 0) AS purchases,
    CASE WHEN b.purchases IS NULL THEN 'prospect'
         WHEN b.purchases = 1 AND b.last_at >= $as_of - INTERVAL 90 DAY THEN 'new'
         WHEN b.purchases > 1 AND b.last_at >= $as_of - INTERVAL 180 DAY THEN 'repeat' ELSE 'lapsed' END AS status
FROM customers LEFT JOIN (
    SELECT customer_id, min("at") AS first_at, max("at") AS last_at, count(*) AS purchases FROM purchases GROUP BY customer_id
) b USING (customer_id);
