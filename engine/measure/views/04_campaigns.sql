-- Every campaign once, with the spellings it was found under; what the taxonomy doesn't know has channel `other`.
-- grain: one row per channel and campaign
-- formula: spellings are those of source / medium / campaign, sorted
-- owner: marketing
-- column: channel | as in `touches`
-- column: campaign | folded name; NULL for touches that name none
-- column: touches | events, of nobody known too
-- column: known | of them, those of known customers
-- column: customers | different customers among them
-- column: spellings | every way it was written, up to 20
-- column: first_at, last_at | of its events
CREATE VIEW campaigns AS
WITH spelt AS (
    SELECT channel, campaign, said_source, said_medium, said_campaign, customer_id, count(*) AS touches,
        min("at") AS first_at, max("at") AS last_at
    FROM touches GROUP BY ALL
)
SELECT channel, campaign, sum(touches)::BIGINT AS touches,
    coalesce(sum(touches) FILTER (customer_id IS NOT NULL), 0)::BIGINT AS known, count(DISTINCT customer_id) AS customers,
    list_sort(list(DISTINCT concat_ws(' / ', said_source, said_medium, said_campaign)))[:20] AS spellings,
    min(first_at) AS first_at, max(last_at) AS last_at
FROM spelt GROUP BY channel, campaign;
