-- What each CRM segment brings.
-- grain: one row per segment
-- formula: churn_risk = lapsed buyers / buyers; margin is NULL where no order has a cost
-- formula: sent and converted as in `message_conversion`
-- owner: finance
-- column: segment | as in `buyers`; `none` where the CRM says nothing
-- column: customers, buyers | all of them, and those who bought
-- column: revenue, refunded, margin | in the project's currency
-- column: repeat_rate | share of buyers who bought again
-- column: churn_risk | share of buyers who have lapsed
-- column: sent, converted | messages sent to them, and those followed by a purchase within 7 days
CREATE VIEW segment_profit AS
WITH worth AS (
    SELECT coalesce(segment, 'none') AS segment, count(*) AS customers, count(*) FILTER (purchases > 0) AS buyers,
        sum(ltv) AS revenue, sum(refunded) AS refunded, sum(margin) AS margin,
        count(*) FILTER (purchases > 1) / nullif(count(*) FILTER (purchases > 0), 0) AS repeat_rate,
        count(*) FILTER (status = 'lapsed') / nullif(count(*) FILTER (purchases > 0), 0) AS churn_risk
    FROM buyers GROUP BY ALL
), messages AS (
    SELECT segment, sum(sent)::BIGINT AS sent, sum(converted)::BIGINT AS converted FROM message_conversion GROUP BY segment
)
SELECT worth.*, coalesce(sent, 0) AS sent, coalesce(converted, 0) AS converted
FROM worth LEFT JOIN messages USING (segment);
