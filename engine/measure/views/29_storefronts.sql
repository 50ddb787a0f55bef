-- Revenue of each storefront, and how far storefronts share their customers.
-- grain: one row per storefront: a source of orders
-- formula: first_here = customers whose first purchase of all was here; elsewhere = customers who bought in another one, too
-- owner: finance
-- column: storefront | the source that the orders come from
-- column: currencies | of its orders
-- column: orders, customers | how many orders, and of how many customers
-- column: first_here, elsewhere | customers it won, and customers it shares
-- column: gross, refunded, net | in the project's currency
-- column: refund_rate | refunded / gross
-- column: no_rate | orders without a total, or in a currency without a rate, which count in no sum
-- column: first_at, last_at | of its orders
CREATE VIEW storefronts AS
WITH shared AS (SELECT customer_id, count(DISTINCT source) > 1 AS elsewhere FROM purchases GROUP BY customer_id)
SELECT source AS storefront, list_sort(list(DISTINCT currency)) AS currencies, count(*) AS orders,
    count(DISTINCT customer_id) AS customers, count(*) FILTER (nth = 1) AS first_here,
    count(DISTINCT customer_id) FILTER (elsewhere) AS elsewhere, coalesce(sum(gross), 0) AS gross,
    coalesce(sum(refunded), 0) AS refunded, coalesce(sum(net), 0) AS net,
    sum(refunded) / nullif(sum(gross), 0) AS refund_rate, count(*) FILTER (net IS NULL) AS no_rate,
    min("at") AS first_at, max("at") AS last_at
FROM purchases JOIN shared USING (customer_id) GROUP BY source;
