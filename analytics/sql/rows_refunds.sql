-- Money that went back in a period, whenever its order was placed, of all or of one channel or place.
WITH found AS (
    SELECT r.id, r.order_id AS about, r.refunded_at AS at, '' AS note, r.amount_minor AS part, 0 AS whole
      FROM members_refund r
      JOIN members_order o ON o.merchant_id = r.merchant_id AND o.id = r.order_id
     WHERE r.merchant_id = %(merchant)s AND r.status = 'applied'
       AND r.refunded_at >= %(since)s::timestamptz AND r.refunded_at < %(until)s::timestamptz
       AND CASE %(cut)s::text WHEN 'channel' THEN o.channel = %(name)s::text
                              WHEN 'location' THEN o.location = %(name)s::text ELSE true END
)
