-- What a CRM says that its customers have bought, against the shop's own orders. The shop's word counts.
-- grain: one row per source that makes claims and customer of whom it makes one
-- formula: claimed = sum of the totals of the customer's contacts and of the sales booked for them, in the project's currency
-- formula: bought = net revenue of the customer's purchases; difference = claimed - bought
-- formula: outcome = `agrees` (within 1 % or 1 unit), `claims more`, `claims less`; `no order` where the shop knows the
--   customer and has no purchase; `never seen` where none of the customer's records is an order and none of its accounts is of
--   a system that orders name; `no rate` where the currency of a claim or of a purchase has none: then nothing differs
-- owner: finance
-- column: rank | 1 is the largest difference
-- column: source | who claims
-- column: customer_id | the customer; NULL for sales booked for nobody known
-- column: outcome | agrees, claims more, claims less, no order, never seen or no rate
-- column: claimed, bought, difference | in the project's currency
-- column: claimed_orders, orders | purchases, as the source counts them and as the shop does
-- column: claims | contacts and booked sales that the claim is made of
CREATE VIEW reconciliation AS
WITH claimed AS (
    SELECT c.source, coalesce(m.customer_id, o.customer_id) AS customer_id, sum(c.base_revenue) AS claimed,
        sum(c.orders)::BIGINT AS claimed_orders, count(*) AS claims,
        bool_or(c.revenue IS NOT NULL AND c.base_revenue IS NULL) AS no_rate
    FROM claims c LEFT JOIN members m USING (record_id)
        LEFT JOIN event_owners o ON c.record_id IS NULL AND o.source = c.source AND o.key = c.key
    WHERE c.revenue IS NOT NULL GROUP BY ALL
), bought AS (
    SELECT customer_id, sum(net) AS bought, count(*) AS orders, bool_or(net IS NULL AND total IS NOT NULL) AS no_rate
    FROM purchases GROUP BY customer_id
), shops AS (
    SELECT DISTINCT split_part(i.value, ':', 1) AS system FROM orders JOIN identifiers i USING (record_id)
    WHERE i.type = 'account'
), seen AS (
    SELECT customer_id FROM orders JOIN members USING (record_id)
    UNION SELECT customer_id FROM known_by SEMI JOIN shops ON shops.system = split_part(value, ':', 1) WHERE type = 'account'
), compared AS (
    SELECT c.* REPLACE (c.no_rate OR coalesce(b.no_rate, false) AS no_rate), coalesce(b.bought, 0) AS bought,
        coalesce(b.orders, 0) AS orders, s.customer_id IS NOT NULL AS seen
    FROM claimed c LEFT JOIN bought b USING (customer_id) LEFT JOIN seen s USING (customer_id)
), judged AS (SELECT *, CASE WHEN NOT no_rate THEN round(claimed - bought, 2) END AS difference FROM compared)
SELECT row_number() OVER (ORDER BY abs(difference) DESC NULLS LAST, source, customer_id NULLS LAST) AS rank,
    source, customer_id,
    CASE WHEN no_rate THEN 'no rate'
         WHEN abs(difference) <= greatest(1, 0.01 * abs(bought)) THEN 'agrees'
         WHEN orders = 0 AND NOT seen THEN 'never seen' WHEN orders = 0 THEN 'no order'
         WHEN difference > 0 THEN 'claims more' ELSE 'claims less' END AS outcome,
    claimed, bought, difference, claimed_orders, orders, claims
FROM judged;
