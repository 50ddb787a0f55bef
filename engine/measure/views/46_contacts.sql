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
    SELECT customer_id, channel, type, address, why_not FROM contact_addresses
    QUALIFY row_number() OVER (PARTITION BY customer_id, channel
        ORDER BY why_not IS NOT NULL, confidence DESC, coalesce(last_seen, $oldest) DESC, type, address) = 1
), unusable AS (
    SELECT m.customer_id, i.type, bool_or(i.status NOT IN ('invalid', 'placeholder')) AS shared
    FROM identifiers i JOIN members m USING (record_id) WHERE i.type IN ('email', 'phone') GROUP BY m.customer_id, i.type
)
SELECT c.customer_id, w.channel, b.type, b.address,
    CASE WHEN b.address IS NOT NULL THEN b.why_not WHEN u.shared THEN 'shared address'
         WHEN NOT u.shared THEN CASE w.type WHEN 'phone' THEN 'invalid number' ELSE 'invalid address' END
         ELSE 'no address' END AS why_not
FROM customers c CROSS JOIN (VALUES ('email', 'email'), ('sms', 'phone'), ('phone', 'phone'), ('ads', 'email')) w(channel, type)
    LEFT JOIN best b USING (customer_id, channel)
    LEFT JOIN unusable u ON u.customer_id = c.customer_id AND u.type = w.type;
