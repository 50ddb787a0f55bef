-- Orders that count as bought, each with its customer, in the project's currency.
-- grain: one row per order that wasn't voided, cancelled or refused
-- formula: net = total - refunded, at the rate of the order's day; NULL where the currency has no rate
-- formula: discount and margin (net - cost) at the same rate; margin is NULL where no cost is given
-- owner: finance
-- column: customer_id | the buyer
-- column: record_id, source, number | the order
-- column: at | when, in UTC
-- column: nth | 1 for the customer's first order, 2 for the second, ...
-- column: gross, refunded, net, discount, margin | amounts in the project's currency
-- column: channel | the order's own channel (web, pos, ...), as the shop says
-- column: confidence | how sure the order is the customer's
CREATE VIEW purchases AS
SELECT m.customer_id, o.record_id, o.source, o.number, o."at",
    row_number() OVER (PARTITION BY m.customer_id ORDER BY o."at" NULLS LAST, o.record_id) AS nth,
    o.base_total AS gross, coalesce(o.base_refunded, 0) AS refunded,
    o.base_total - coalesce(o.base_refunded, 0) AS net,
    o.discount * o.base_total / nullif(o.total, 0) AS discount,
    o.base_total - coalesce(o.base_refunded, 0) - o.cost * o.base_total / nullif(o.total, 0) AS margin,
    o.channel, m.confidence
FROM orders o JOIN members m USING (record_id)
WHERE coalesce(o.status, 'paid') NOT IN ('voided', 'cancelled', 'canceled', 'failed', 'expired');
