-- The facts that a trigger needs of each customer, as of one time.
-- grain: one row per customer
-- formula: as_of is the time of the newest order or event that can be right, unless another was asked for; days are whole ones
--   from then to it
-- formula: buyer = none, first-time or repeat, by the number of purchases; stage = `status` of `stages`
-- formula: active = did something: visited, looked, put something in a cart, bought, opened, clicked, wrote to support
-- formula: the cart is that of `carts` if it is open; interest is the category of the highest score in `interests`
-- owner: marketing
-- column: customer_id, as_of | who, and at which time, in UTC
-- column: buyer, stage, purchases | see the formulas
-- column: last_order_at, last_order, last_order_value, last_order_currency | the latest purchase: when, its number, its total
-- column: days_since_order | since the latest purchase
-- column: last_active_at, days_since_active | when the customer last did something
-- column: cart_at, days_since_cart | when something was last put in the open cart, or its checkout begun
-- column: cart_kind | add_to_cart or begin_checkout; NULL if there is no open cart
-- column: cart_items, cart_value, cart_currency | what is in it, where events say so
-- column: cart_confidence | how sure it is that the cart is the customer's
-- column: interest, interest_share | the category, and its share of all the customer's interest
-- column: language | two letters of ISO 639-1
-- column: place | as in the golden record
-- column: conversation_at, conversation_subject, conversation_status | the last one with support
-- column: email, sms, phone, ads | `yes` where the customer may be contacted so, else why not, as in `contacts`
CREATE VIEW customer_state AS
WITH ordered AS (
    SELECT customer_id, arg_max({'at': "at", 'number': number, 'total': total, 'currency': currency}, ("at", nth)) AS last
    FROM purchases WHERE "at" IS NOT NULL GROUP BY customer_id
), active AS (
    SELECT customer_id, max("at") AS "at" FROM activity
    WHERE kind NOT IN ('sent', 'bounce', 'other') AND customer_id IS NOT NULL GROUP BY customer_id
), interest AS (
    SELECT customer_id, arg_max({'category': category, 'share': share}, (score, category)) AS top
    FROM interests GROUP BY customer_id
), reached AS (
    SELECT customer_id, max(answer) FILTER (channel = 'email') AS email, max(answer) FILTER (channel = 'sms') AS sms,
        max(answer) FILTER (channel = 'phone') AS phone, max(answer) FILTER (channel = 'ads') AS ads
    FROM (SELECT customer_id, channel, coalesce(why_not, 'yes') AS answer FROM contacts) GROUP BY customer_id
)
SELECT b.customer_id, $as_of AS as_of,
    CASE b.purchases WHEN 0 THEN 'none' WHEN 1 THEN 'first-time' ELSE 'repeat' END AS buyer, b.status AS stage, b.purchases,
    o.last."at" AS last_order_at, o.last.number AS last_order, o.last.total AS last_order_value,
    o.last.currency AS last_order_currency, date_sub('day', o.last."at", $as_of) AS days_since_order,
    greatest(a."at", o.last."at") AS last_active_at, date_sub('day', greatest(a."at", o.last."at"), $as_of) AS days_since_active,
    c."at" AS cart_at, date_sub('day', c."at", $as_of) AS days_since_cart, c.kind AS cart_kind, c.items AS cart_items,
    c.value AS cart_value, c.currency AS cart_currency, c.confidence AS cart_confidence,
    i.top.category AS interest, i.top.share AS interest_share, l.language, p.place,
    t."at" AS conversation_at, t.subject AS conversation_subject, t.status AS conversation_status, r.email, r.sms, r.phone, r.ads
FROM stages b JOIN customers p USING (customer_id) LEFT JOIN ordered o USING (customer_id) LEFT JOIN active a USING (customer_id)
    LEFT JOIN (FROM carts WHERE open) c USING (customer_id) LEFT JOIN interest i USING (customer_id)
    LEFT JOIN languages l USING (customer_id) LEFT JOIN conversations t USING (customer_id)
    LEFT JOIN reached r USING (customer_id);
