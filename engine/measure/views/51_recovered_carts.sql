-- Carts that were bought after a reminder, and what they brought.
-- grain: one row per month of the reminders and channel
-- formula: recovered as in `reminders`: a cart that wasn't bought before the reminder was within 7 days after it
-- formula: rate = recovered / open_carts
-- owner: marketing
-- column: month | first day, in UTC
-- column: channel | email, sms or push
-- column: reminders | sent to known customers
-- column: open_carts | of them, those with a known cart that hadn't been bought
-- column: recovered, rate | carts bought after the reminder, and their share
-- column: revenue | net of these orders, in the project's currency
CREATE VIEW recovered_carts AS
SELECT date_trunc('month', "at")::DATE AS month, channel, count(*) AS reminders,
    count(*) FILTER (cart_at IS NOT NULL AND NOT after_purchase) AS open_carts, count(*) FILTER (recovered) AS recovered,
    count(*) FILTER (recovered) / nullif(count(*) FILTER (cart_at IS NOT NULL AND NOT after_purchase), 0) AS rate,
    coalesce(sum(revenue), 0) AS revenue
FROM reminders GROUP BY ALL;
