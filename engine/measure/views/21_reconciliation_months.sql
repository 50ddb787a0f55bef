-- The same by month: what a CRM claims for a month, against the shop's own orders.
-- grain: one row per source that makes claims, way of dating them and month
-- formula: by `sale`, where the source books sales: claimed = those of the month, bought = net revenue of all purchases of it
-- formula: by `first order`, where it states totals: claimed and bought are over all time, of those customers of whom it states
--   one and whose first purchase was in the month; where the shop has none, of the month in which the contact was made; those with outcome
--   `no rate` are left out
-- formula: difference = claimed - bought; never_seen = what is claimed for customers with that outcome in `reconciliation`
-- owner: finance
-- column: month | its first day; NULL where nothing is dated
-- column: source | who claims
-- column: dated_by | sale or first order
-- column: claimed, bought, difference | in the project's currency
-- column: never_seen | of claimed, in the project's currency
-- column: customers | of whom something is claimed
CREATE VIEW reconciliation_months AS
WITH first_orders AS (
    SELECT customer_id, min("at") AS first_at, sum(net) AS net FROM purchases GROUP BY customer_id
), monthly AS (
    SELECT date_trunc('month', "at")::DATE AS month, sum(net) AS net FROM purchases GROUP BY ALL
), dated AS (
    SELECT date_trunc('month', c."at")::DATE AS month, c.source, sum(c.base_revenue) AS claimed,
        sum(c.base_revenue) FILTER (r.outcome = 'never seen') AS never_seen,
        count(DISTINCT o.customer_id) AS customers
    FROM claims c LEFT JOIN event_owners o ON o.source = c.source AND o.key = c.key
        LEFT JOIN reconciliation r ON r.source = c.source AND r.customer_id IS NOT DISTINCT FROM o.customer_id
    WHERE c.record_id IS NULL GROUP BY ALL
), stated AS (
    SELECT c.source, m.customer_id, sum(c.base_revenue) AS claimed, min(coalesce(r.created_at, r.seen_at)) AS made_at
    FROM claims c JOIN members m USING (record_id) JOIN records r USING (record_id)
    WHERE c.revenue IS NOT NULL GROUP BY ALL
), totals AS (
    SELECT date_trunc('month', coalesce(f.first_at, s.made_at))::DATE AS month, s.source, sum(s.claimed) AS claimed,
        sum(coalesce(f.net, 0)) AS bought, sum(s.claimed) FILTER (r.outcome = 'never seen') AS never_seen,
        count(*) AS customers
    FROM stated s LEFT JOIN first_orders f USING (customer_id) JOIN reconciliation r USING (source, customer_id)
    WHERE r.outcome <> 'no rate' GROUP BY ALL
)
SELECT month, source, dated_by, claimed, bought, round(coalesce(claimed, 0) - bought, 2) AS difference,
    coalesce(never_seen, 0) AS never_seen, customers
FROM (
    SELECT d.month, d.source, 'sale' AS dated_by, d.claimed, coalesce(n.net, 0) AS bought, d.never_seen, d.customers
    FROM dated d LEFT JOIN monthly n ON n.month IS NOT DISTINCT FROM d.month
    UNION ALL SELECT month, source, 'first order', claimed, bought, never_seen, customers FROM totals
);
