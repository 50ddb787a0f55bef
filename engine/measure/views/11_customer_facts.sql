-- Customers with the dimensions that they share with orders and events.
-- grain: one row per customer
-- formula: every column as in `buyers`
-- owner: finance
-- column: customer_id | the customer
-- column: acquired_by, first_purchase, status, category, segment | the shared dimensions
-- column: last_purchase | the day of it, in UTC
-- column: purchases, ltv, ltv_30, ltv_90, ltv_365, refunded, margin, days_to_second | as in `buyers`
-- column: place | where the customer lives, as in the golden record
-- column: records, first_seen, last_seen | how many records the customer has, and the time they cover
CREATE VIEW customer_facts AS
SELECT customer_id, acquired_by, first_at::DATE AS first_purchase, status, category, segment, last_at::DATE AS last_purchase,
    purchases, ltv, ltv_30, ltv_90, ltv_365, refunded, margin, days_to_second, c.place, c.records, c.first_seen, c.last_seen
FROM buyers JOIN customers c USING (customer_id);
