-- Revenue by channel under three ways of giving credit, side by side.
-- grain: one row per way and channel
-- formula: the three ways as in `credits`; share = revenue of the channel / revenue of all
-- formula: moves = mean over the months from the second on of |share - share of the month before| (`attribution_months`):
--   0.05 says that the channel's share of a month's revenue changes by five points from month to month
-- owner: marketing
-- column: way | first touch, last touch or lifecycle
-- column: channel | as in `touches`, or unknown
-- column: orders | how many
-- column: revenue | net, in the project's currency
-- column: share | of all revenue
-- column: moves | how much the share moves from month to month
CREATE VIEW attribution AS
SELECT way, channel, sum(orders)::BIGINT AS orders, sum(revenue) AS revenue,
    sum(revenue) / nullif(sum(sum(revenue)) OVER (PARTITION BY way), 0) AS share, avg(abs(moved)) AS moves
FROM attribution_months GROUP BY way, channel;
