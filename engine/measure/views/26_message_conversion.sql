-- What messages bring, by CRM segment and by e-mail, SMS or push.
-- grain: one row per segment and channel of messages
-- formula: converted = messages after which the customer bought within 7 days; conversion = converted / sent
-- formula: an order within 7 days after messages is credited to the last of them, so orders and revenue are counted once
-- owner: marketing
-- column: segment | as in `buyers`; `none` where the CRM says nothing
-- column: channel | email, sms or push
-- column: sent, customers | messages, and customers who got one
-- column: opened, clicked | events of opening and of clicking
-- column: converted, conversion | messages followed by a purchase, and their share
-- column: orders, revenue | credited to these messages; net, in the project's currency
CREATE VIEW message_conversion AS
WITH messages AS (
    SELECT customer_id, "at", key, kind, channel
    FROM touches WHERE kind IN ('sent', 'open', 'click') AND customer_id IS NOT NULL
), sends AS (
    SELECT m.*, p."at" <= m."at" + INTERVAL 7 DAY AS converted
    FROM (FROM messages WHERE kind = 'sent') m ASOF LEFT JOIN purchases p ON p.customer_id = m.customer_id AND p."at" > m."at"
), last AS (
    SELECT customer_id, "at", arg_max(channel, key) AS channel
    FROM sends WHERE "at" IS NOT NULL GROUP BY customer_id, "at"
), bought AS (
    SELECT p.customer_id, l.channel, count(*) AS orders, sum(p.net) AS revenue
    FROM purchases p ASOF JOIN last l ON l.customer_id = p.customer_id AND l."at" < p."at"
    WHERE l."at" >= p."at" - INTERVAL 7 DAY GROUP BY ALL
), counted AS (
    SELECT customer_id, channel, count(*) FILTER (kind = 'sent') AS sent, count(*) FILTER (kind = 'open') AS opened,
        count(*) FILTER (kind = 'click') AS clicked
    FROM messages GROUP BY ALL
), followed AS (SELECT customer_id, channel, count(*) FILTER (converted) AS converted FROM sends GROUP BY ALL)
SELECT coalesce(segment, 'none') AS segment, channel, sum(sent)::BIGINT AS sent,
    count(*) FILTER (sent > 0) AS customers, sum(opened)::BIGINT AS opened, sum(clicked)::BIGINT AS clicked,
    coalesce(sum(converted), 0)::BIGINT AS converted, coalesce(sum(converted), 0) / nullif(sum(sent), 0) AS conversion,
    coalesce(sum(orders), 0)::BIGINT AS orders, coalesce(sum(revenue), 0) AS revenue
FROM counted JOIN buyers USING (customer_id) LEFT JOIN followed USING (customer_id, channel)
    LEFT JOIN bought USING (customer_id, channel)
GROUP BY ALL;
