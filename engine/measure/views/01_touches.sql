-- What brought people: every event that names a source, medium or campaign, folded into one taxonomy of channels.
-- grain: one row per event of a known customer that carries a source, medium or campaign
-- formula: `channel` is decided by the medium, then by the source; what neither tells is `other`, and listed in `campaigns`
-- owner: marketing
-- column: customer_id | whose event it was
-- column: at | when, in UTC
-- column: source, key | the event
-- column: kind | the kind of event
-- column: channel | email, sms, paid search, paid social, organic search, social, affiliate, referral, direct or other
-- column: campaign | the campaign's name in small letters, its words joined by hyphens
-- column: said_source, said_medium, said_campaign | as the event spells them
-- column: confidence | how sure the event is the customer's
CREATE VIEW touches AS
WITH said AS (
    SELECT o.customer_id, e."at", e.source, e.key, e.kind, o.confidence,
        e.utm_source AS said_source, e.utm_medium AS said_medium, e.campaign AS said_campaign,
        regexp_replace(lower(coalesce(e.utm_medium, '')), '[^a-z]', '', 'g') AS medium,
        regexp_replace(lower(coalesce(e.utm_source, '')), '[^a-z]', '', 'g') AS origin,
        trim(regexp_replace(lower(coalesce(e.campaign, '')), '[^\p{L}\p{N}]+', '-', 'g'), '-') AS campaign
    FROM events e JOIN event_owners o USING (source, key)
    WHERE e.utm_source IS NOT NULL OR e.utm_medium IS NOT NULL OR e.campaign IS NOT NULL
)
SELECT customer_id, "at", source, key, kind,
    CASE
        WHEN medium IN ('email', 'mail', 'newsletter') OR kind IN ('sent', 'open', 'click') AND medium = '' THEN 'email'
        WHEN medium IN ('sms', 'text', 'mms') OR origin IN ('sms', 'attentive', 'postscript') THEN 'sms'
        WHEN medium IN ('cpc', 'ppc', 'paidsearch', 'sem', 'paid') AND origin NOT IN
            ('facebook', 'fb', 'instagram', 'ig', 'tiktok', 'pinterest', 'snapchat', 'linkedin', 'meta') THEN 'paid search'
        WHEN medium IN ('paidsocial', 'socialpaid', 'paidsocialmedia', 'cpc', 'ppc', 'paid', 'cpm') AND origin IN
            ('facebook', 'fb', 'instagram', 'ig', 'tiktok', 'pinterest', 'snapchat', 'linkedin', 'meta')
            OR medium IN ('paidsocial', 'socialpaid') THEN 'paid social'
        WHEN medium IN ('social', 'socialmedia', 'organicsocial', 'sm')
            OR origin IN ('facebook', 'fb', 'instagram', 'ig', 'tiktok', 'pinterest') THEN 'social'
        WHEN medium = 'organic' THEN 'organic search'
        WHEN medium IN ('affiliate', 'affiliates', 'partner') THEN 'affiliate'
        WHEN medium IN ('referral', 'link') THEN 'referral'
        WHEN origin = 'direct' OR medium = 'none' THEN 'direct'
        ELSE 'other'
    END AS channel,
    CASE WHEN campaign IN ('', 'not-set', 'none', 'organic', 'direct', 'referral') THEN NULL ELSE campaign END AS campaign,
    said_source, said_medium, said_campaign, confidence
FROM said;
