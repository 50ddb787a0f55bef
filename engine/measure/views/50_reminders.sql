-- Every reminder of a cart that was sent to a known customer: what was true at that moment, and what came of it.
-- grain: one row per message sent whose campaign speaks of a cart, basket or checkout
-- formula: cart_at = the customer's last cart or checkout in the 30 days before; bought_at = the last purchase before it
-- formula: after_purchase = bought since the cart, or in the 30 days before where no cart is known; by_address = the same, but by
--   orders that give the very address that the reminder went to, which is all that the sending tool can know
-- formula: opted_out_at = when some source's latest word on the address or the customer, before that moment, was no
-- formula: recovered = a cart is known, nothing was bought since, and an order came within 7 days after this reminder and after
--   no later one
-- owner: marketing
-- column: customer_id, source, key | whom it went to, and the message
-- column: at, channel, campaign | when, in UTC; email, sms or push
-- column: cart_at, bought_at, opted_out_at | NULL if there was none
-- column: after_purchase, by_address, recovered | see the formulas
-- column: record_id, revenue | the order that was recovered, and its net in the project's currency
CREATE VIEW reminders AS
WITH sent AS (
    SELECT customer_id, source, key, "at", channel, campaign, address FROM touches
    WHERE kind = 'sent' AND regexp_matches(campaign, '(^|-)(cart|carts|basket|checkout)(-|$)')
        AND customer_id IS NOT NULL AND "at" IS NOT NULL
), reminded AS (SELECT DISTINCT customer_id FROM sent
), done AS (
    SELECT customer_id, "at", kind FROM activity SEMI JOIN reminded USING (customer_id)
    WHERE kind IN ('add_to_cart', 'begin_checkout', 'purchase') AND customer_id IS NOT NULL AND "at" IS NOT NULL
), ordered AS (
    SELECT customer_id, record_id, "at", net FROM purchases SEMI JOIN reminded USING (customer_id) WHERE "at" IS NOT NULL
), carted AS (SELECT DISTINCT customer_id, "at" FROM done WHERE kind <> 'purchase'
), bought AS (
    SELECT customer_id, "at" FROM ordered UNION SELECT customer_id, "at" FROM done WHERE kind = 'purchase'
), of_address AS (
    SELECT DISTINCT i.value AS address, p."at"
    FROM (FROM identifiers WHERE type IN ('email', 'phone')) i SEMI JOIN sent ON sent.address = i.value
        JOIN purchases p USING (record_id) WHERE p."at" IS NOT NULL
), words AS (
    SELECT s.source, s.key, c.source AS said_by, max(coalesce(c."at", $oldest)) AS "at",
        arg_max(c.state, (coalesce(c."at", $oldest), c.state)) AS state
    FROM sent s JOIN (
        SELECT k.customer_id, c.channel, c.source, c.state, c."at", c.value AS address
        FROM consents c JOIN known_by k USING (type, value) SEMI JOIN reminded USING (customer_id) WHERE c.state <> 'unknown'
        UNION
        SELECT m.customer_id, c.channel, c.source, c.state, c."at", NULL
        FROM consents c JOIN members m ON m.record_id = c.source || ':' || c.key SEMI JOIN reminded USING (customer_id)
        WHERE c.state = 'out' AND c.value IS NULL
    ) c ON c.customer_id = s.customer_id AND c.channel = s.channel AND coalesce(c.address, s.address) = s.address
    WHERE coalesce(c."at", $oldest) <= s."at" GROUP BY ALL
), refused AS (SELECT source, key, min("at") AS opted_out_at FROM words WHERE state = 'out' GROUP BY source, key
), known AS (
    SELECT s.*, CASE WHEN c."at" >= s."at" - INTERVAL 30 DAY THEN c."at" END AS cart_at
    FROM sent s ASOF LEFT JOIN carted c ON c.customer_id = s.customer_id AND c."at" <= s."at"
), before AS (
    SELECT k.*, b."at" AS bought_at FROM known k ASOF LEFT JOIN bought b ON b.customer_id = k.customer_id AND b."at" <= k."at"
), named AS (
    SELECT b.*, a."at" AS named_at FROM before b ASOF LEFT JOIN of_address a ON a.address = b.address AND a."at" <= b."at"
), followed AS (
    SELECT n.*, o.record_id, o.net,
        o."at" <= n."at" + INTERVAL 7 DAY
            AND row_number() OVER (PARTITION BY o.record_id ORDER BY n."at" DESC, n.key DESC) = 1 AS bought_after
    FROM named n ASOF LEFT JOIN ordered o ON o.customer_id = n.customer_id AND o."at" > n."at"
), judged AS (
    SELECT f.*, opted_out_at, coalesce(bought_at >= coalesce(cart_at, f."at" - INTERVAL 30 DAY), false) AS after_purchase,
        coalesce(named_at >= coalesce(cart_at, f."at" - INTERVAL 30 DAY), false) AS by_address
    FROM followed f LEFT JOIN refused USING (source, key)
), told AS (
    SELECT *, coalesce(cart_at IS NOT NULL AND NOT after_purchase AND bought_after, false) AS recovered FROM judged
)
SELECT customer_id, source, key, "at", channel, campaign, cart_at, bought_at, opted_out_at, after_purchase, by_address, recovered,
    CASE WHEN recovered THEN record_id END AS record_id, CASE WHEN recovered THEN net END AS revenue
FROM told;
