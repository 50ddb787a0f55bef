-- The last conversation of each customer with support.
-- grain: one row per customer who ever had one
-- formula: the newest event of kind ticket
-- owner: support
-- column: customer_id | the customer
-- column: at | when it began, in UTC
-- column: source, key | the conversation
-- column: subject | what it is about
-- column: status | as the tool says, in small letters; NULL if it doesn't
-- column: conversations | how many there were
CREATE VIEW conversations AS
SELECT customer_id, last."at" AS "at", last.source AS source, last.key AS key, last.subject AS subject, last.status AS status,
    conversations
FROM (SELECT customer_id, count(*) AS conversations,
          arg_max({'at': "at", 'source': source, 'key': key, 'subject': subject, 'status': status},
              (coalesce("at", $oldest), source, key)) AS last
      FROM activity WHERE kind = 'ticket' AND customer_id IS NOT NULL GROUP BY customer_id);
