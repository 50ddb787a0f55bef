-- The taxonomy: which channel and campaign each spelling of source, medium and campaign means.
-- grain: one row per spelling that events carry
-- formula: channel is what `channels` of the run's settings says of the medium, then of the source; else it is decided by the
--   medium, then by the source, and for messages by where they went; what none of them tells is `other`, and listed in `campaigns`
-- formula: of words, letters and digits alone count, in small ones; a source that is a host (m.facebook.com) is its name (facebook)
-- formula: campaign = the name in small letters, its words joined by hyphens; NULL for none
-- owner: marketing
-- column: said_source, said_medium, said_campaign | as events spell them
-- column: message | as in `activity`
-- column: channel | email, sms, push, paid search, paid social, organic search, social, display, affiliate, referral, direct, other, or
--   one of the project's own
-- column: campaign | the folded name
CREATE VIEW spellings AS
WITH said AS (
    SELECT DISTINCT utm_source AS said_source, utm_medium AS said_medium, campaign AS said_campaign, $message AS message
    FROM events WHERE coalesce(utm_source, utm_medium, campaign) IS NOT NULL OR kind IN ('sent', 'open', 'click')
), folded AS (
    SELECT *, $words AS own, regexp_replace(lower(coalesce(said_medium, '')), '[^\p{L}\p{N}]', '', 'g') AS medium_said,
        regexp_replace(lower(coalesce(said_source, '')), '[^\p{L}\p{N}]', '', 'g') AS source_said,
        regexp_replace(medium_said, '\d', '', 'g') AS medium,
        regexp_replace(regexp_replace(lower(coalesce(said_source, '')), '^(?:.*?\.)??([^.]+)(?:\.com?)?\.[a-z]{2,}$', '\1'),
            '[^\p{L}]', '', 'g') AS origin,
        medium IN ('cpc', 'ppc', 'cpm', 'paid', 'paidsearch', 'sem') AS paid,
        origin IN ('facebook', 'fb', 'instagram', 'ig', 'meta', 'tiktok', 'pinterest', 'snapchat', 'linkedin', 'twitter', 'x', 'reddit',
            'threads') AS social,
        trim(regexp_replace(lower(coalesce(said_campaign, '')), '[^\p{L}\p{N}]+', '-', 'g'), '-') AS name
    FROM said
)
SELECT said_source, said_medium, said_campaign, message,
    coalesce(own[medium_said], own[source_said], CASE
        WHEN medium IN ('email', 'mail', 'newsletter') THEN 'email'
        WHEN medium IN ('sms', 'text', 'mms') OR origin IN ('sms', 'attentive', 'postscript') THEN 'sms'
        WHEN medium IN ('push', 'webpush', 'mobilepush') THEN 'push'
        WHEN message IS NOT NULL AND medium = '' THEN message
        WHEN medium IN ('paidsocial', 'socialpaid', 'paidsocialmedia') OR paid AND social THEN 'paid social'
        WHEN medium IN ('display', 'banner', 'cpm', 'retargeting', 'remarketing') THEN 'display'
        WHEN paid THEN 'paid search'
        WHEN social OR origin = 'youtube' OR medium IN ('social', 'socialmedia', 'organicsocial', 'sm') THEN 'social'
        WHEN medium = 'organic' THEN 'organic search'
        WHEN medium IN ('affiliate', 'affiliates', 'partner') THEN 'affiliate'
        WHEN medium IN ('referral', 'link') THEN 'referral'
        WHEN origin = 'direct' OR medium = 'none' THEN 'direct'
        WHEN medium = '' AND origin IN ('email', 'mail', 'newsletter', 'klaviyo', 'mailchimp', 'brevo', 'omnisend') THEN 'email'
        ELSE 'other'
    END) AS channel,
    CASE WHEN name NOT IN ('', 'not-set', 'none', 'organic', 'direct', 'referral') THEN name END AS campaign
FROM folded;
