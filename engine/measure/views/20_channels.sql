-- Revenue, repeat rate and lifetime value by acquisition channel.
-- grain: one row per acquisition channel
-- formula: repeat_rate = customers with two or more purchases / customers with one or more
-- formula: ltv = net revenue / buyers of whom it is known: not those all of whose orders are in a currency without a rate
-- formula: retention_days = median days from the first purchase to the second
-- owner: marketing
-- column: acquired_by | channel, as in `touches`
-- column: customers, buyers | all of them, and those who bought
-- column: revenue | net, in the project's currency
-- column: repeat_rate | share of buyers who bought again
-- column: ltv, ltv_30, ltv_90, ltv_365 | average over buyers of whom it is known
-- column: retention_days | median; `retention_velocity` has the distribution
-- column: refund_rate | refunded / (net + refunded)
-- column: one_time | buyers who bought once
CREATE VIEW channels AS
SELECT acquired_by, count(*) AS customers, count(*) FILTER (purchases > 0) AS buyers, sum(ltv) AS revenue,
    count(*) FILTER (purchases > 1) / nullif(count(*) FILTER (purchases > 0), 0) AS repeat_rate,
    avg(ltv) FILTER (purchases > 0) AS ltv, avg(ltv_30) FILTER (purchases > 0) AS ltv_30,
    avg(ltv_90) FILTER (purchases > 0) AS ltv_90, avg(ltv_365) FILTER (purchases > 0) AS ltv_365,
    median(days_to_second) AS retention_days, sum(refunded) / nullif(sum(ltv) + sum(refunded), 0) AS refund_rate,
    count(*) FILTER (purchases = 1) AS one_time
FROM buyers GROUP BY acquired_by;
