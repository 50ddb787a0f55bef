-- Events with the dimensions that they share with customers and orders.
-- grain: one row per event
-- formula: category = the event's own, else its article's in `products`; the other dimensions are those of whose it was
-- owner: marketing
-- column: customer_id | whose event it was; NULL if nobody's
-- column: source, key, kind, name, at, session | as in `activity`
-- column: channel, campaign | as in `touches`
-- column: item, quantity, value, currency | what it was about
-- column: because, confidence | what ties the event to the customer, and how sure that is
-- column: acquired_by, first_purchase, status, segment | of the customer
-- column: category | of the event's article
CREATE VIEW event_facts AS
SELECT a.customer_id, a.source, a.key, a.kind, a.name, a."at", a.session, s.channel, s.campaign, a.item, a.quantity, a.value,
    a.currency, a.because, a.confidence, b.acquired_by, b.first_at::DATE AS first_purchase, b.status, b.segment,
    coalesce(a.category, p.category) AS category
FROM activity a LEFT JOIN buyers b USING (customer_id) LEFT JOIN products p ON p.item = a.item
    LEFT JOIN spellings s ON s.said_source IS NOT DISTINCT FROM a.said_source
        AND s.said_medium IS NOT DISTINCT FROM a.said_medium AND s.said_campaign IS NOT DISTINCT FROM a.said_campaign
        AND s.message IS NOT DISTINCT FROM a.message;
