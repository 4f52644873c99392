-- Which days of which families the events after a mark touch, up to another one, from a first day to a last.
WITH news AS MATERIALIZED (
    SELECT kind, subject, data, happened_at FROM events_event
     WHERE merchant_id = %(merchant)s AND written_by >= %(writer)s::bigint
       AND (written_by > %(writer)s::bigint OR id > %(number)s::bigint)
       AND (written_by < %(upto_writer)s::bigint
            OR written_by = %(upto_writer)s::bigint AND id <= %(upto_number)s::bigint)
), named AS (
    SELECT kind, name, value::uuid AS id
      FROM news CROSS JOIN LATERAL (VALUES ('order', data->>'order'), ('redemption', data->>'redemption'),
           ('activity', data->>'activity'), ('member', data->>'friend'), ('member', data->>'merged'),
           ('member', CASE WHEN kind IN ('member.joined', 'member.merged', 'member.erased', 'member.blocked',
                                         'member.unblocked') THEN subject::text END)) x(name, value)
     WHERE value ~ '^[0-9a-f]{8}-[0-9a-f-]{27}$'
), people AS (
    -- Who somebody is, with those who were merged into them.
    SELECT n.kind, m.id, m.joined_at
      FROM named n
      JOIN members_member m ON m.merchant_id = %(merchant)s AND (m.id = n.id OR m.merged_into_id = n.id)
     WHERE n.name = 'member'
), others AS (
    SELECT id FROM people WHERE kind IN ('member.merged', 'member.erased')
), touched AS (
    SELECT unnest('{orders,buyers,lapses}'::text[]) AS family, o.placed_at AS at
      FROM named n JOIN members_order o ON o.merchant_id = %(merchant)s AND o.id = n.id WHERE n.name = 'order'
    UNION ALL
    SELECT unnest('{orders,buyers,lapses,visitors}'::text[]), o.placed_at
      FROM others p JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = p.id
    UNION ALL
    -- Money given back or points that move do not change who bought.
    SELECT 'visitors', o.placed_at
      FROM named n JOIN members_order o ON o.merchant_id = %(merchant)s AND o.id = n.id
     WHERE n.name = 'order' AND n.kind <> 'order.refunded' AND n.kind !~ '^points[.]'
    UNION ALL
    SELECT unnest('{rewards,buyers}'::text[]), r.reserved_at
      FROM named n JOIN rewards_redemption r ON r.merchant_id = %(merchant)s AND r.id = n.id WHERE n.name = 'redemption'
    UNION ALL
    SELECT 'buyers', r.reserved_at
      FROM others p JOIN rewards_redemption r ON r.merchant_id = %(merchant)s AND r.member_id = p.id
    UNION ALL
    SELECT unnest('{buyers,answers}'::text[]), a.happened_at
      FROM named n JOIN members_activity a ON a.merchant_id = %(merchant)s AND a.id = n.id WHERE n.name = 'activity'
    UNION ALL
    SELECT unnest('{buyers,answers}'::text[]), a.happened_at
      FROM others p JOIN members_activity a ON a.merchant_id = %(merchant)s AND a.member_id = p.id
    UNION ALL
    SELECT 'members', p.joined_at FROM people p
    UNION ALL
    SELECT 'refunds', happened_at FROM news WHERE kind IN ('order.refunded', 'order.cancelled')
    UNION ALL
    SELECT 'points', happened_at FROM news WHERE data->>'unit' = 'points'
), days AS (
    SELECT DISTINCT family, (at AT TIME ZONE %(zone)s::text)::date AS day FROM touched
), tiers AS (
    SELECT min((happened_at AT TIME ZONE %(zone)s::text)::date) AS day FROM news WHERE kind = 'tier.changed'
)
-- A purchase ends or begins a silence that is over up to so many days later; another tier is that of all purchases
-- since.
SELECT family, day, CASE family WHEN 'lapses' THEN day + %(silence)s::int + 1 ELSE day END FROM days
UNION
SELECT unnest('{orders,buyers}'::text[]), day, greatest(day, %(today)s::date) FROM tiers WHERE day IS NOT NULL
