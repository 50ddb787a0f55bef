-- The taxonomy: which channel and campaign each spelling of source, medium and campaign means.
-- grain: one row per spelling that events carry
-- formula: channel is decided by the medium, then by the source, and for messages by where they went; what none of them tells is
--   `other`, and listed in `campaigns`
-- formula: campaign = the name in small letters, its words joined by hyphens; NULL for none
-- owner: marketing
-- column: said_source, said_medium, said_campaign | as events spell them
-- column: message | as in `activity`
-- column: channel | email, sms, push, paid search, paid social, organic search, social, affiliate, referral, direct or other
-- column: campaign | the folded name
CREATE VIEW spellings AS
WITH said AS (
    SELECT DISTINCT utm_source AS said_source, utm_medium AS said_medium, campaign AS said_campaign, $message AS message
    FROM events WHERE coalesce(utm_source, utm_medium, campaign) IS NOT NULL OR kind IN ('sent', 'open', 'click')
), folded AS (
    SELECT *, regexp_replace(lower(coalesce(said_medium, '')), '[^a-z]', '', 'g') AS medium,
        regexp_replace(lower(coalesce(said_source, '')), '[^a-z]', '', 'g') AS origin,
        trim(regexp_replace(lower(coalesce(said_campaign, '')), '[^\p{L}\p{N}]+', '-', 'g'), '-') AS name
    FROM said
)
SELECT said_source, said_medium, said_campaign, message,
    CASE
        WHEN medium IN ('email', 'mail', 'newsletter') THEN 'email'
        WHEN medium IN ('sms', 'text', 'mms') OR origin IN ('sms', 'attentive', 'postscript') THEN 'sms'
        WHEN message IS NOT NULL AND medium = '' THEN message
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
    CASE WHEN name NOT IN ('', 'not-set', 'none', 'organic', 'direct', 'referral') THEN name END AS campaign
FROM folded;
