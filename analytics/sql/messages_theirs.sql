-- Messages sent in a time: all of them; those that nobody gets who is held out; and those of one newsletter.
SELECT count(*), count(*) FILTER (WHERE kind IN ('newsletter', 'survey', 'automation', 'automation_news')),
       count(*) FILTER (WHERE newsletter_id = %(newsletter)s::uuid)
  FROM campaigns_message
 WHERE merchant_id = %(merchant)s AND state = 'sent'
   AND handed_at >= %(since)s::timestamptz AND handed_at < %(until)s::timestamptz
