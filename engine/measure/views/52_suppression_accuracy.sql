-- Reminders that should not have been sent, and how many of them our suppression list would have held back.
-- grain: one row per month of the reminders and channel
-- formula: wrong = sent after a purchase, or after an opt-out, as in `reminders`
-- formula: held_back = of the wrong ones, those whose purchase or opt-out was known an hour before the reminder, which a list made
--   every hour names; accuracy = held_back / wrong; daily = the same with a list made a day before
-- formula: by_address = of the wrong ones, those that a list of addresses would have held back: by orders that give the address
--   itself an hour before, or an opt-out
-- owner: marketing
-- column: month | first day, in UTC
-- column: channel | email, sms or push
-- column: reminders | sent to known customers
-- column: after_purchase, opted_out, wrong | see the formulas
-- column: held_back, accuracy | by our list, made every hour
-- column: daily | by our list, made every day
-- column: by_address | by a list that knows addresses only
CREATE VIEW suppression_accuracy AS
WITH judged AS (
    SELECT *, after_purchase OR opted_out_at IS NOT NULL AS wrong,
        least(CASE WHEN after_purchase THEN bought_at END, opted_out_at) AS known_at FROM reminders
)
SELECT date_trunc('month', "at")::DATE AS month, channel, count(*) AS reminders,
    count(*) FILTER (after_purchase) AS after_purchase, count(opted_out_at) AS opted_out, count(*) FILTER (wrong) AS wrong,
    count(*) FILTER (wrong AND known_at <= "at" - INTERVAL 1 HOUR) AS held_back,
    count(*) FILTER (wrong AND known_at <= "at" - INTERVAL 1 HOUR) / nullif(count(*) FILTER (wrong), 0) AS accuracy,
    count(*) FILTER (wrong AND known_at <= "at" - INTERVAL 1 DAY) AS daily,
    count(*) FILTER (wrong AND (opted_out_at <= "at" - INTERVAL 1 HOUR
        OR after_purchase AND by_address AND bought_at <= "at" - INTERVAL 1 HOUR)) AS by_address
FROM judged GROUP BY ALL;
