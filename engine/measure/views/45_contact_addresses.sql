-- Which address of a customer may be used on which channel, and why not.
-- grain: one row per customer, channel (email, sms, phone, ads) and address
-- formula: why_not has all reasons, joined by "; ": bounced (and no message to it opened or clicked since), invalid number (in no
--   numbering plan; for SMS a land line and the like, too), then what `permissions` says: opted out, conflict, not sure enough;
--   no consent where nobody said anything about the address
-- owner: marketing
-- column: customer_id, channel | who, and how
-- column: type, address | email or phone, in its canonical form
-- column: why_not | NULL where it may be used
-- column: confidence | how sure it is that the address is the customer's
-- column: last_seen | when a record last held it
CREATE VIEW contact_addresses AS
WITH answers AS (
    SELECT CASE message WHEN 'sms' THEN 'phone' ELSE 'email' END AS type,
        CASE message WHEN 'sms' THEN phone WHEN 'email' THEN email END AS value,
        max(coalesce("at", $oldest)) FILTER (kind = 'bounce') > coalesce(max("at") FILTER (kind <> 'bounce'), TIMESTAMP '0001-01-01')
            AS bounced
    FROM activity WHERE kind IN ('bounce', 'open', 'click') GROUP BY ALL
), numbers AS (
    -- A number that is no valid one has no kind of line, or none but its extension says so.
    SELECT value, bool_and(detail IS NULL OR starts_with(detail, 'unknown')) AS none,
        bool_and(coalesce(split_part(detail, ',', 1), '') NOT IN ('mobile', 'fixed_line_or_mobile', 'voip', 'personal')) AS deaf
    FROM identifiers WHERE type = 'phone' AND status IN ('ok', 'weak') GROUP BY value
)
SELECT k.customer_id, c.channel, k.type, k.value AS address,
    nullif(concat_ws('; ', CASE WHEN a.bounced AND c.channel IN ('email', 'sms') THEN 'bounced' END,
        CASE WHEN c.channel = 'sms' AND n.deaf OR c.channel = 'phone' AND n.none THEN 'invalid number' END,
        CASE WHEN p.customer_id IS NULL THEN 'no consent' ELSE p.why_not END), '') AS why_not,
    k.confidence, k.last_seen
FROM known_by k
    JOIN (VALUES ('email', 'email'), ('sms', 'phone'), ('phone', 'phone'), ('ads', 'email'), ('ads', 'phone')) c(channel, type)
        USING (type)
    LEFT JOIN permissions p ON p.customer_id = k.customer_id AND p.channel = c.channel AND p.type = k.type AND p.value = k.value
    LEFT JOIN answers a ON a.type = k.type AND a.value = k.value
    LEFT JOIN numbers n ON k.type = 'phone' AND n.value = k.value;
