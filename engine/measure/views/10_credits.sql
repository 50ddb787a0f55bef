-- Which channel each order is credited to, in three ways of giving credit.
-- grain: one row per order that counts as bought
-- formula: first touch = the buyer's first touch ever, if it was before the order; last touch = the last one before the
--   order; lifecycle = the first touch for a first order, the last one for every later order; `unknown` where there is none
-- owner: marketing
-- column: customer_id, record_id, at, nth, net | as in `purchases`
-- column: first_touch, last_touch, lifecycle | channel, as in `touches`
CREATE VIEW credits AS
WITH latest AS (
    SELECT p.record_id, p.customer_id, t."at"
    FROM purchases p ASOF JOIN (FROM touches SEMI JOIN purchases USING (customer_id)) t
        ON t.customer_id = p.customer_id AND t."at" <= p."at"
), last AS (
    -- Of several touches at one moment, that of the greatest key.
    SELECT record_id, arg_max(channel, key) AS channel FROM latest JOIN touches USING (customer_id, "at") GROUP BY record_id
), credited AS (
    SELECT p.customer_id, p.record_id, p."at", p.nth, p.net,
        coalesce(CASE WHEN f."at" <= p."at" THEN f.channel END, 'unknown') AS first_touch,
        coalesce(l.channel, 'unknown') AS last_touch
    FROM purchases p LEFT JOIN first_touches f USING (customer_id) LEFT JOIN last l USING (record_id)
)
SELECT *, CASE WHEN nth = 1 THEN first_touch ELSE last_touch END AS lifecycle FROM credited;
