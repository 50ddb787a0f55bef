-- Retention by month of the first purchase and CRM segment.
-- grain: one row per month of first purchase, segment and number of months since
-- formula: retained = buyers of the cohort who bought in that month / buyers of the cohort; month 0 is the first
-- owner: finance
-- column: cohort | first day of the month of the first purchase
-- column: segment | as in `buyers`; `none` where the CRM says nothing
-- column: months | months since
-- column: buyers | of the cohort
-- column: active | of them, who bought in that month
-- column: retained | active / buyers
-- column: revenue | net, of that month
CREATE VIEW cohorts AS
WITH member AS (
    SELECT customer_id, date_trunc('month', first_at)::DATE AS cohort, coalesce(segment, 'none') AS segment
    FROM buyers WHERE first_at IS NOT NULL
), size AS (SELECT cohort, segment, count(*) AS buyers FROM member GROUP BY ALL)
SELECT cohort, segment, date_diff('month', cohort, p."at"::DATE) AS months, any_value(size.buyers) AS buyers,
    count(DISTINCT p.customer_id) AS active, count(DISTINCT p.customer_id) / any_value(size.buyers) AS retained,
    sum(p.net) AS revenue
FROM purchases p JOIN member USING (customer_id) JOIN size USING (cohort, segment)
WHERE p."at" IS NOT NULL GROUP BY cohort, segment, months;
