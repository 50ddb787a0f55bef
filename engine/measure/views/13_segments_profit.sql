-- What each CRM segment brings.
-- grain: one row per segment
-- formula: churn_risk = lapsed buyers / buyers; margin is NULL where no order has a cost
-- owner: finance
-- column: segment | as in `buyers`; `none` where the CRM says nothing
-- column: customers, buyers | all of them, and those who bought
-- column: revenue, refunded, margin | in the project's currency
-- column: repeat_rate | share of buyers who bought again
-- column: churn_risk | share of buyers who have lapsed
-- column: sent, converted | messages sent to them, and those followed by a purchase within 7 days
CREATE VIEW segment_profit AS
WITH messages AS (
    SELECT o.customer_id, count(*) AS sent,
        count(*) FILTER (EXISTS (SELECT 1 FROM purchases p WHERE p.customer_id = o.customer_id
            AND p."at" > e."at" AND p."at" <= e."at" + INTERVAL 7 DAY)) AS converted
    FROM events e JOIN event_owners o USING (source, key) WHERE e.kind = 'sent' GROUP BY o.customer_id
)
SELECT coalesce(segment, 'none') AS segment, count(*) AS customers, count(*) FILTER (purchases > 0) AS buyers,
    sum(ltv) AS revenue, sum(refunded) AS refunded, sum(margin) AS margin,
    count(*) FILTER (purchases > 1) / nullif(count(*) FILTER (purchases > 0), 0) AS repeat_rate,
    count(*) FILTER (status = 'lapsed') / nullif(count(*) FILTER (purchases > 0), 0) AS churn_risk,
    coalesce(sum(sent), 0) AS sent, coalesce(sum(converted), 0) AS converted
FROM buyers LEFT JOIN messages USING (customer_id) GROUP BY ALL;
