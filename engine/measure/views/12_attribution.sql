-- Revenue by channel under three ways of giving credit, side by side.
-- grain: one row per way and channel
-- formula: first touch = the buyer's first touch ever; last touch = the last one before the order; lifecycle = the first
--   touch for a first order, the last one for every later order; `unknown` where there is no touch before the order
-- owner: marketing
-- column: way | first touch, last touch or lifecycle
-- column: channel | as in `touches`
-- column: orders | how many
-- column: revenue | net, in the project's currency
CREATE VIEW attribution AS
WITH credited AS (
    SELECT p.record_id, p.nth, any_value(p.net) AS net,
        arg_min(t.channel, (t."at", t.key)) AS first, arg_max(t.channel, (t."at", t.key)) AS last
    FROM purchases p LEFT JOIN touches t ON t.customer_id = p.customer_id AND t."at" <= p."at"
    GROUP BY p.record_id, p.nth
)
SELECT way, coalesce(channel, 'unknown') AS channel, count(*) AS orders, sum(net) AS revenue
FROM (SELECT 'first touch' AS way, first AS channel, net FROM credited
      UNION ALL SELECT 'last touch', last, net FROM credited
      UNION ALL SELECT 'lifecycle', CASE WHEN nth = 1 THEN first ELSE last END, net FROM credited)
GROUP BY ALL;
