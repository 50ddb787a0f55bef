-- What customers are interested in, by category: recent views, carts and purchases weigh more.
-- grain: one row per customer and category
-- formula: score = sum over events and bought lines of weight * 0.5 ^ (days ago / 30); weight: 1 for a view, 3 for what was put
--   in a cart, 5 for a line that was bought
-- formula: share = score / sum of the customer's scores; category = the event's or line's own, else the article's in `products`,
--   else the article
-- owner: merchandising
-- column: customer_id, category | who, and in what
-- column: score, share | how much, and of all the customer's interest
-- column: views, carts, purchases | how many of each
-- column: last_at | the latest of them
CREATE VIEW interests AS
WITH shown AS (
    SELECT a.customer_id, coalesce(a.category, p.category, a.item) AS category, a."at",
        CASE a.kind WHEN 'view' THEN 1 ELSE 3 END AS weight, a.kind = 'view' AS view, a.kind = 'add_to_cart' AS cart, false AS bought
    FROM activity a LEFT JOIN products p ON p.item = a.item
    WHERE a.kind IN ('view', 'add_to_cart') AND a.customer_id IS NOT NULL AND a."at" IS NOT NULL
    UNION ALL
    SELECT customer_id, coalesce(category, item), "at", 5, false, false, true FROM order_items WHERE "at" IS NOT NULL
), scored AS (
    -- The last digits of a sum are those of the order in which it was added up, which is another each time.
    SELECT customer_id, category, round(sum(weight * 0.5 ** (epoch($as_of - "at") / 86400 / 30)), 9) AS score,
        count(*) FILTER (view) AS views, count(*) FILTER (cart) AS carts, count(*) FILTER (bought) AS purchases,
        max("at") AS last_at
    FROM shown WHERE category IS NOT NULL GROUP BY customer_id, category
)
SELECT customer_id, category, score, round(score / nullif(sum(score) OVER (PARTITION BY customer_id), 0), 6) AS share, views,
    carts, purchases, last_at
FROM scored;
