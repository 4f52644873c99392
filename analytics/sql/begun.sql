-- The first and the last day of anything that is counted; null for a shop where nothing has happened.
SELECT min((at AT TIME ZONE %(zone)s::text)::date), max((at AT TIME ZONE %(zone)s::text)::date)
  FROM (SELECT min(joined_at) AS at FROM members_member WHERE merchant_id = %(merchant)s
        UNION ALL SELECT max(joined_at) FROM members_member WHERE merchant_id = %(merchant)s
        UNION ALL SELECT min(placed_at) FROM members_order WHERE merchant_id = %(merchant)s
        UNION ALL SELECT max(placed_at) FROM members_order WHERE merchant_id = %(merchant)s
        UNION ALL SELECT min(refunded_at) FROM members_refund WHERE merchant_id = %(merchant)s
        UNION ALL SELECT max(refunded_at) FROM members_refund WHERE merchant_id = %(merchant)s
        UNION ALL SELECT min(happened_at) FROM ledger_transfer WHERE merchant_id = %(merchant)s
        UNION ALL SELECT max(happened_at) FROM ledger_transfer WHERE merchant_id = %(merchant)s
        UNION ALL SELECT min(reserved_at) FROM rewards_redemption WHERE merchant_id = %(merchant)s
        UNION ALL SELECT min(happened_at) FROM members_activity WHERE merchant_id = %(merchant)s) found
