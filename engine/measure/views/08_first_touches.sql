-- What first brought each customer.
-- grain: one row per customer with a touch whose time is known
-- formula: the earliest touch; of several at one moment, that of the smallest key
-- owner: marketing
-- column: customer_id | the customer
-- column: at | when, in UTC
-- column: channel, campaign | as in `touches`
CREATE VIEW first_touches AS
SELECT customer_id, first."at" AS "at", first.channel AS channel, first.campaign AS campaign
FROM (SELECT customer_id, arg_min({'at': "at", 'channel': channel, 'campaign': campaign}, ("at", key)) AS first
      FROM touches WHERE customer_id IS NOT NULL AND "at" IS NOT NULL GROUP BY customer_id);
