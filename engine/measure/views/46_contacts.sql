-- How each customer may be contacted, by channel, and why not.
-- grain: one row per customer and channel (email, sms, phone, ads)
-- formula: the address that may be used and is known best (by confidence, then by when a record last held it); where none may
--   be used, the one known best, with its reasons; where there is none: invalid address or invalid number (only such that can't
--   be one), shared address (only such as others hold as well, or a role inbox), else no address
-- owner: marketing
-- column: customer_id, channel | who, and how
-- column: type, address | email or phone; NULL if there is none
-- column: why_not | NULL where the customer may be contacted
CREATE VIEW contacts AS
WITH best AS (
    SELECT customer_id, channel, arg_min({'type': type, 'address': address, 'why_not': why_not},
        (why_not IS NOT NULL, -confidence, -epoch(coalesce(last_seen, $oldest)), type, address)) AS one
    FROM contact_addresses GROUP BY customer_id, channel
), unusable AS (
    SELECT m.customer_id, i.type, bool_or(i.status NOT IN ('invalid', 'placeholder')) AS shared
    FROM identifiers i JOIN members m USING (record_id) WHERE i.type IN ('email', 'phone') GROUP BY m.customer_id, i.type
)
SELECT c.customer_id, w.channel, b.one.type AS type, b.one.address AS address,
    CASE WHEN b.one.address IS NOT NULL THEN b.one.why_not WHEN u.shared THEN 'shared address'
         WHEN NOT u.shared THEN CASE w.type WHEN 'phone' THEN 'invalid number' ELSE 'invalid address' END
         ELSE 'no address' END AS why_not
FROM customers c CROSS JOIN (VALUES ('email', 'email'), ('sms', 'phone'), ('phone', 'phone'), ('ads', 'email')) w(channel, type)
    LEFT JOIN best b USING (customer_id, channel)
    LEFT JOIN unusable u ON u.customer_id = c.customer_id AND u.type = w.type;
