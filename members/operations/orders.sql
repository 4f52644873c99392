-- Writes orders that the engine has decided: order, lines, the member's running counts and the event, for an array
-- of orders in one round trip. An order that is already there (same source and external id) is left untouched and
-- answered as `exists` with its fingerprint. Runs with the caller's rights, under row-level security.

CREATE OR REPLACE FUNCTION members_write_orders(os jsonb) RETURNS SETOF jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    o jsonb;
    o_id uuid;
    o_member uuid;
    o_at timestamptz;
    here uuid[];
    earlier record;
BEGIN
    IF m IS NULL THEN RAISE EXCEPTION 'no merchant is set for this transaction'; END IF;
    -- One order of locks for everyone: the orders' names as the caller sorted them, then the members' counts by
    -- member, then the books. A refund takes them in the same order. The name is locked so that a refund arriving at
    -- the same moment either sees the order or is seen as parked; the counts, so that nobody is merged or erased
    -- while their order is written: both delete the row of counts, and an order that no longer finds it is answered
    -- as `moved` and written to whoever the member is now.
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('|', m, x->>'source', x->>'external_id'), 7))
       FROM jsonb_array_elements(os) x;
    here := ARRAY(SELECT s.member_id FROM members_stats s
      WHERE s.merchant_id = m
        AND s.member_id IN (SELECT (x->>'member')::uuid FROM jsonb_array_elements(os) x WHERE x->>'member' IS NOT NULL)
      ORDER BY s.member_id FOR NO KEY UPDATE);
    FOR o IN SELECT x FROM jsonb_array_elements(os) x LOOP
        o_id := (o->>'id')::uuid; o_member := (o->>'member')::uuid; o_at := (o->>'at')::timestamptz;
        IF o_member IS NOT NULL AND NOT o_member = ANY(here) THEN
            RETURN NEXT jsonb_build_object('status', 'moved');
            CONTINUE;
        END IF;
        INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency,
                                   total_minor, discount_minor, points_minor, refunded_minor,
                                   unassigned_refund_minor, eligible_minor, points_earned, channel, location, payment_method, programme_version, decision,
                                   placed_at, recorded_at)
        VALUES (o_id, m, o->>'source', o->>'external_id', (o->>'fingerprint')::uuid, o_member, 'recorded',
                o->>'currency', (o->>'total_minor')::bigint, (o->>'discount_minor')::bigint,
                (o->>'points_minor')::bigint, 0, 0, (o->>'eligible_minor')::bigint, (o->>'points_earned')::bigint,
                o->>'channel', o->>'location', o->>'payment_method', (o->>'version')::uuid, o->'decision',
                o_at, (o->>'now')::timestamptz)
        ON CONFLICT (merchant_id, source, external_id) DO NOTHING;
        IF NOT FOUND THEN
            SELECT id, fingerprint INTO earlier FROM members_order
             WHERE merchant_id = m AND source = o->>'source' AND external_id = o->>'external_id';
            RETURN NEXT jsonb_build_object('status', 'exists', 'id', earlier.id, 'fingerprint', earlier.fingerprint);
            CONTINUE;
        END IF;
        INSERT INTO members_orderline (merchant_id, order_id, number, kind, sku, name, category, brand, tags, quantity,
                                       amount_minor, discount_minor, paid_minor, points, refunded_minor)
        SELECT m, o_id, l.number, l.kind, l.sku, l.name, l.category, l.brand, l.tags, l.quantity, l.amount_minor,
               l.discount_minor, l.paid_minor, l.points, 0
          FROM jsonb_to_recordset(o->'lines') AS l(number int, kind text, sku text, name text, category text,
               brand text, tags text[], quantity numeric, amount_minor bigint, discount_minor bigint,
               paid_minor bigint, points bigint);
        IF o_member IS NOT NULL THEN
            UPDATE members_stats SET orders_count = orders_count + 1,
                   spend_minor = spend_minor + (o->>'total_minor')::bigint,
                   first_order_at = least(first_order_at, o_at), last_order_at = greatest(last_order_at, o_at)
             WHERE merchant_id = m AND member_id = o_member;
        END IF;
        INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
        VALUES (m, 'order.recorded', o_member, o->>'actor',
                jsonb_build_object('order', o_id, 'total_minor', (o->>'total_minor')::bigint,
                                   'points', (o->>'points_earned')::bigint), o_at, (o->>'now')::timestamptz);
        RETURN NEXT jsonb_build_object('status', 'written', 'id', o_id, 'parked', EXISTS (
            SELECT 1 FROM members_refund r WHERE r.merchant_id = m AND r.source = o->>'source'
               AND r.order_external_id = o->>'external_id' AND r.status = 'parked'));
    END LOOP;
END $$;
