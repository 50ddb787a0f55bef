-- What was bought: the lines of the orders in `purchases`, with the category of each article.
-- grain: one row per line of an order
-- formula: category = the line's own, else the article's in `products`
-- formula: amount = quantity * price, at the rate of the order's day, before discounts of the whole order
-- owner: merchandising
-- column: customer_id, record_id, line | the buyer, the order and its line
-- column: at | when, in UTC
-- column: sku, item | the article
-- column: category | its category; NULL if none is known
-- column: quantity | pieces; 1 where the line doesn't say
-- column: amount | in the project's currency
CREATE VIEW order_items AS
SELECT p.customer_id, p.record_id, l.line, p."at", l.sku, l.item, coalesce(l.category, c.category) AS category,
    coalesce(l.quantity, 1) AS quantity, coalesce(l.quantity, 1) * l.price * p.gross / nullif(p.total, 0) AS amount
FROM purchases p JOIN order_lines l USING (record_id) LEFT JOIN products c ON c.item = l.item;
