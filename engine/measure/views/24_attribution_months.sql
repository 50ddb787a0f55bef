-- Revenue by channel and month under three ways of giving credit: how stable the attribution is.
-- grain: one row per way, channel and month with orders; a channel without orders in a month has a row of zeros, and month NULL
--   holds the orders whose time can't be right
-- formula: share = revenue of the channel / revenue of all channels in that month
-- formula: moved = share - share of the month with orders before; NULL in the first one
-- owner: marketing
-- column: way | first touch, last touch or lifecycle, as in `credits`
-- column: channel | as in `touches`, or unknown
-- column: month | first day of the month of the orders, in UTC
-- column: orders, revenue | how many, and net in the project's currency
-- column: share | of the month's revenue
-- column: moved | change of the share since the month before
CREATE VIEW attribution_months AS
WITH given AS (
    SELECT "at", net, unnest([{'way': 'first touch', 'channel': first_touch}, {'way': 'last touch', 'channel': last_touch},
        {'way': 'lifecycle', 'channel': lifecycle}], recursive := true)
    FROM credits
), credited AS (
    SELECT way, channel, date_trunc('month', "at")::DATE AS month, count(*) AS orders, sum(net) AS revenue FROM given GROUP BY ALL
), grid AS (
    SELECT * FROM (SELECT DISTINCT way, channel FROM credited), (SELECT DISTINCT month FROM credited)
), shared AS (
    SELECT g.way, g.channel, g.month, coalesce(c.orders, 0) AS orders, coalesce(c.revenue, 0) AS revenue,
        coalesce(c.revenue, 0) / nullif(sum(c.revenue) OVER (PARTITION BY g.way, g.month), 0) AS share
    FROM grid g LEFT JOIN credited c ON c.way = g.way AND c.channel = g.channel AND c.month IS NOT DISTINCT FROM g.month
)
SELECT *, CASE WHEN month IS NOT NULL THEN share - lag(share) OVER (
    PARTITION BY way, channel, month IS NULL ORDER BY month) END AS moved FROM shared;
