-- Orders that count as bought, with the dimensions that they share with customers and events.
-- grain: one row per order
-- formula: category = the one with the greatest amount in the order; the other dimensions are the buyer's
-- owner: finance
-- column: customer_id, record_id, number, at, nth | as in `purchases`
-- column: storefront | the source that the order comes from
-- column: order_channel | the order's own channel (web, pos, ...)
-- column: gross, refunded, net, discount, margin, total, currency, confidence | as in `purchases`
-- column: first_touch, last_touch, lifecycle | as in `credits`
-- column: acquired_by, first_purchase, status, segment | of the buyer
-- column: category | of the order
CREATE VIEW order_facts AS
WITH mainly AS (
    SELECT record_id, arg_max(category, (amount, category)) AS category
    FROM (SELECT record_id, coalesce(category, item) AS category, coalesce(sum(amount), 0) AS amount
          FROM order_items WHERE coalesce(category, item) IS NOT NULL GROUP BY ALL) GROUP BY record_id
)
SELECT p.customer_id, p.record_id, p.number, p."at", p.nth, p.source AS storefront, p.channel AS order_channel,
    p.gross, p.refunded, p.net, p.discount, p.margin, p.total, p.currency, p.confidence,
    c.first_touch, c.last_touch, c.lifecycle, b.acquired_by, b.first_at::DATE AS first_purchase, b.status, b.segment, m.category
FROM purchases p JOIN credits c USING (record_id) JOIN buyers b ON b.customer_id = p.customer_id
    LEFT JOIN mainly m ON m.record_id = p.record_id;
