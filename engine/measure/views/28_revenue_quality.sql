-- How good each month's revenue is: what was given away, what came back, what is left, and how many buyers are slipping.
-- grain: one row per month from the first purchase on; month NULL holds the orders whose time can't be right
-- formula: net = gross - refunded; discount_rate = discount / (gross + discount); refund_rate = refunded / gross
-- formula: margin = net - cost, of the orders with a cost; margin_rate = margin / net of those orders
-- formula: churn_risk = buyers who had lapsed at the end of the month / all buyers until then. One lapses 90 days after the
--   first purchase or 180 days after a later one, until the next purchase, as in the `status` of `buyers`
-- owner: finance
-- column: month | first day, in UTC
-- column: orders, customers | how many orders, and of how many customers
-- column: gross, discount, refunded, net, margin | in the project's currency
-- column: discount_rate, refund_rate, margin_rate | see the formulas; margin_rate is NULL where no order has a cost
-- column: no_rate | orders without a total, or in a currency without a rate, which count in no sum
-- column: churn_risk | share of all buyers so far who had lapsed
CREATE VIEW revenue_quality AS
WITH months AS (
    SELECT unnest(generate_series(date_trunc('month', min("at")), $as_of, INTERVAL 1 MONTH))::DATE AS month FROM purchases
), sums AS (
    SELECT date_trunc('month', "at")::DATE AS month, count(*) AS orders, count(DISTINCT customer_id) AS customers,
        coalesce(sum(gross), 0) AS gross, coalesce(sum(discount), 0) AS discount, coalesce(sum(refunded), 0) AS refunded,
        coalesce(sum(net), 0) AS net, sum(margin) AS margin, sum(net) FILTER (margin IS NOT NULL) AS costed,
        count(*) FILTER (net IS NULL) AS no_rate
    FROM purchases GROUP BY ALL
), lapsing AS (
    SELECT nth, "at", "at" + CASE WHEN nth = 1 THEN INTERVAL 90 DAY ELSE INTERVAL 180 DAY END AS lapses,
        lead("at") OVER (PARTITION BY customer_id ORDER BY nth) AS next
    FROM purchases WHERE "at" IS NOT NULL
), turns AS (
    SELECT date_trunc('month', "at")::DATE AS month, 1 AS buyers, 0 AS lapsed FROM lapsing WHERE nth = 1
    UNION ALL SELECT date_trunc('month', lapses)::DATE, 0, 1 FROM lapsing WHERE lapses < coalesce(next, $as_of)
    UNION ALL SELECT date_trunc('month', next)::DATE, 0, -1 FROM lapsing WHERE lapses < next
), so_far AS (
    SELECT month, sum(sum(coalesce(buyers, 0))) OVER (ORDER BY month) AS buyers,
        sum(sum(coalesce(lapsed, 0))) OVER (ORDER BY month) AS lapsed
    FROM months LEFT JOIN turns USING (month) GROUP BY month
)
SELECT coalesce(f.month, s.month) AS month, coalesce(s.orders, 0) AS orders, coalesce(s.customers, 0) AS customers,
    coalesce(s.gross, 0) AS gross, coalesce(s.discount, 0) AS discount, coalesce(s.refunded, 0) AS refunded,
    coalesce(s.net, 0) AS net, s.margin, s.discount / nullif(s.gross + s.discount, 0) AS discount_rate,
    s.refunded / nullif(s.gross, 0) AS refund_rate, s.margin / nullif(s.costed, 0) AS margin_rate,
    coalesce(s.no_rate, 0) AS no_rate, f.lapsed / nullif(f.buyers, 0) AS churn_risk
FROM so_far f FULL JOIN sums s ON s.month IS NOT DISTINCT FROM f.month;
