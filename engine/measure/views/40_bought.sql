-- When each customer last bought, as far as any source shows.
-- grain: one row per customer who ever did
-- formula: the latest of the orders, of the purchases that web analytics saw, and of the checkouts that the shop calls recovered
-- owner: marketing
-- column: customer_id | the buyer
-- column: at | when, in UTC
CREATE VIEW bought AS
SELECT customer_id, max("at") AS "at" FROM (
    SELECT customer_id, "at" FROM purchases
    UNION ALL SELECT customer_id, "at" FROM activity WHERE kind = 'purchase' OR kind = 'begin_checkout' AND status = 'recovered')
WHERE customer_id IS NOT NULL AND "at" IS NOT NULL GROUP BY customer_id;
