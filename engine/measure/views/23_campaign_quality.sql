-- What kind of customers each campaign brought: one-time or loyal, and what they sent back.
-- grain: one row per channel and campaign that was some customer's first touch
-- formula: a campaign brought the customers whose first touch it is (`first_touches`)
-- formula: loyal = two or more purchases; repeat_rate = loyal / buyers; refund_rate = refunded / (revenue + refunded)
-- owner: marketing
-- column: channel, campaign | as in `campaigns`
-- column: customers, buyers | whom it brought, and those of them who bought
-- column: one_time, loyal | buyers with one purchase, and with more
-- column: repeat_rate | share of buyers who are loyal
-- column: revenue, refunded, refund_rate | of all purchases of these buyers, in the project's currency
-- column: ltv | revenue / buyers
CREATE VIEW campaign_quality AS
SELECT channel, campaign, count(*) AS customers, count(*) FILTER (purchases > 0) AS buyers,
    count(*) FILTER (purchases = 1) AS one_time, count(*) FILTER (purchases > 1) AS loyal,
    count(*) FILTER (purchases > 1) / nullif(count(*) FILTER (purchases > 0), 0) AS repeat_rate,
    sum(ltv) AS revenue, sum(refunded) AS refunded, sum(refunded) / nullif(sum(ltv) + sum(refunded), 0) AS refund_rate,
    avg(ltv) FILTER (purchases > 0) AS ltv
FROM first_touches JOIN buyers USING (customer_id) GROUP BY channel, campaign;
