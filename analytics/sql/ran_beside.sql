-- What else members got in a time who were not held out: other campaigns, automations that somebody came into,
-- newsletters that went out and experiments, by kind and name.
SELECT 'campaign', id, name FROM campaigns_campaign
 WHERE merchant_id = %(merchant)s AND id <> %(campaign)s::uuid AND launched_at IS NOT NULL
   AND greatest(launched_at, coalesce(starts_at, launched_at)) < %(until)s::timestamptz
   AND coalesce(least(ended_at, ends_at), 'infinity') > %(since)s::timestamptz
UNION ALL
SELECT 'automation', a.id, a.name FROM campaigns_automation a
 WHERE a.merchant_id = %(merchant)s AND EXISTS (
       SELECT FROM campaigns_automationstep s WHERE s.merchant_id = a.merchant_id AND s.automation_id = a.id
          AND s.happened_at >= %(since)s::timestamptz AND s.happened_at < %(until)s::timestamptz)
UNION ALL
SELECT 'newsletter', n.id, '' FROM campaigns_newsletter n
 WHERE n.merchant_id = %(merchant)s AND n.id IS DISTINCT FROM %(newsletter)s::uuid AND n.state IN ('planning', 'planned')
   AND n.goes_at >= %(since)s::timestamptz AND n.goes_at < %(until)s::timestamptz
UNION ALL
SELECT 'experiment', id, name FROM campaigns_experiment
 WHERE merchant_id = %(merchant)s AND begins_at < %(until)s::timestamptz
   AND coalesce(ends_at, 'infinity') > %(since)s::timestamptz
ORDER BY 1, 3, 2
