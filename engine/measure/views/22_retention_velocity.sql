-- How fast buyers buy again, by acquisition channel: the distribution of the days from the first purchase to the second.
-- grain: one row per acquisition channel and number of days (7, 14, 30, 60, 90, 180, 365)
-- formula: share = again / observed; who bought first less than so many days ago isn't observed, as nobody can know yet
-- owner: marketing
-- column: acquired_by | channel, as in `touches`
-- column: days | since the first purchase
-- column: observed | buyers whose first purchase is so long ago
-- column: again | of them, who bought again within so many days
-- column: share | again / observed
CREATE VIEW retention_velocity AS
SELECT acquired_by, days, count(*) AS observed, count(*) FILTER (days_to_second <= days) AS again,
    count(*) FILTER (days_to_second <= days) / count(*) AS share
FROM buyers JOIN (SELECT unnest([7, 14, 30, 60, 90, 180, 365]) AS days)
    ON first_at <= $as_of - to_days(days)
GROUP BY acquired_by, days;
