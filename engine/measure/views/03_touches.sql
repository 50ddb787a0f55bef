-- What brought people: every event that names a source, medium or campaign, and every message, folded into one taxonomy.
-- grain: one row per event that names a source, medium or campaign, or is a message that was sent, opened or clicked
-- formula: what came back, and who unsubscribed, brought nobody
-- formula: channel and campaign as in `spellings`
-- owner: marketing
-- column: customer_id | whose event it was; NULL if nobody's
-- column: at | when, in UTC
-- column: source, key | the event
-- column: kind | the kind of event
-- column: channel, campaign | see `spellings`
-- column: address | the e-mail or phone that a message went to
-- column: said_source, said_medium, said_campaign | as the event spells them
-- column: confidence | how sure the event is the customer's
CREATE VIEW touches AS
SELECT customer_id, "at", source, key, kind, s.channel, s.campaign,
    CASE a.message WHEN 'sms' THEN coalesce(phone, email) WHEN 'email' THEN coalesce(email, phone) END AS address,
    a.said_source, a.said_medium, a.said_campaign, confidence
FROM activity a JOIN spellings s ON s.said_source IS NOT DISTINCT FROM a.said_source
    AND s.said_medium IS NOT DISTINCT FROM a.said_medium AND s.said_campaign IS NOT DISTINCT FROM a.said_campaign
    AND s.message IS NOT DISTINCT FROM a.message
WHERE kind NOT IN ('bounce', 'unsubscribe');
