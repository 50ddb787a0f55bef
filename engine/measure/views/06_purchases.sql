-- Orders that count as bought, each with its customer, in the project's currency.
-- grain: one row per order that wasn't voided, cancelled or refused
-- formula: net = total - refunded, at the rate of the order's day; NULL where the currency has no rate
-- formula: discount and margin (net - cost) at the same rate; margin is NULL where no cost is given
-- formula: "at" is NULL where it is before 1995 or after the run: the order counts in sums of money, and last in `nth`
-- owner: finance
-- column: customer_id | the buyer
-- column: record_id, source, number | the order; its source is the storefront
-- column: at | when, in UTC
-- column: nth | 1 for the customer's first order, 2 for the second, ...
-- column: gross, refunded, net, discount, margin | amounts in the project's currency
-- column: total, currency | as the order says
-- column: channel | the order's own channel (web, pos, ...), as the shop says
-- column: confidence | how sure the order is the customer's
CREATE VIEW purchases AS
SELECT customer_id, record_id, source, number, "at",
    row_number() OVER (PARTITION BY customer_id ORDER BY "at" NULLS LAST, record_id) AS nth,
    base_total AS gross, coalesce(base_refunded, 0) AS refunded, base_total - coalesce(base_refunded, 0) AS net,
    discount * base_total / nullif(total, 0) AS discount,
    base_total - coalesce(base_refunded, 0) - cost * base_total / nullif(total, 0) AS margin,
    total, currency, channel, confidence
FROM (
    SELECT m.customer_id, m.confidence, o.* REPLACE (
        CASE WHEN o."at" BETWEEN $oldest AND $as_of THEN o."at" END AS "at")
    FROM orders o JOIN members m USING (record_id)
    WHERE (o."at" IS NULL OR o."at" <= $as_of OR o."at" > $latest)
        AND coalesce(o.status, 'paid') NOT IN ('voided', 'cancelled', 'canceled', 'failed', 'expired'));
