-- Which channel each order is credited to, in three ways of giving credit.
-- grain: one row per order that counts as bought
-- formula: first touch = the buyer's first touch ever, if it was before the order; last touch = the last one before the
--   order; lifecycle = the first touch for a first order, the last one for every later order; `unknown` where there is none
-- owner: marketing
-- column: customer_id, record_id, at, nth, net | as in `purchases`
-- column: first_touch, last_touch, lifecycle | channel, as in `touches`
CREATE VIEW credits AS
WITH moments AS (
    SELECT customer_id, "at", arg_max(channel, key) AS channel FROM touches SEMI JOIN purchases USING (customer_id)
    WHERE "at" IS NOT NULL GROUP BY customer_id, "at"
), credited AS (
    SELECT p.customer_id, p.record_id, p."at", p.nth, p.net,
        coalesce(CASE WHEN f."at" <= p."at" THEN f.channel END, 'unknown') AS first_touch,
        coalesce(m.channel, 'unknown') AS last_touch
    FROM purchases p LEFT JOIN first_touches f USING (customer_id)
        ASOF LEFT JOIN moments m ON m.customer_id = p.customer_id AND m."at" <= p."at"
)
SELECT *, CASE WHEN nth = 1 THEN first_touch ELSE last_touch END AS lifecycle FROM credited;
