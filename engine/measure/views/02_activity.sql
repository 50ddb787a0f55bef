-- Every event with whose it was, at a time that can be right.
-- grain: one row per event
-- formula: "at" is NULL where it is before 1995 or after the run: such a time decides nothing
-- formula: an event is a customer's where that is as sure as analytics need: `consent.confidence.analytics` of the run's settings
-- owner: marketing
-- column: customer_id | whose event it was; NULL if nobody's
-- column: source, key | the event
-- column: kind, name | the kind of event, and the tool's own word
-- column: at | when, in UTC
-- column: session | of web analytics
-- column: message | email, sms or push, for what was sent and what came of it; else NULL
-- column: email, phone, order_key | whom or what the event names
-- column: said_source, said_medium, said_campaign | as the event spells them
-- column: item, category, quantity, value, currency | what it was about
-- column: subject, status, language | as the tool says
-- column: because, confidence | what ties the event to the customer, and how sure that is
CREATE VIEW activity AS
SELECT o.customer_id, e.source, e.key, e.kind, e.name, CASE WHEN e."at" BETWEEN $oldest AND $as_of THEN e."at" END AS "at",
    e.session, $message AS message, e.email, e.phone, e.order_key, e.utm_source AS said_source, e.utm_medium AS said_medium,
    e.campaign AS said_campaign, e.item, e.category, e.quantity, e.value, e.currency, e.subject, e.status, e.language, o.because,
    o.confidence
FROM events e LEFT JOIN (FROM event_owners WHERE confidence >= $sure) o USING (source, key)
WHERE e."at" IS NULL OR e."at" <= $as_of OR e."at" > $latest;
