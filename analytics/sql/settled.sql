-- The last event that no later commit can come before.
SELECT written_by, id FROM events_event
 WHERE merchant_id = %(merchant)s AND written_by >= %(writer)s::bigint
   AND (written_by > %(writer)s::bigint OR id > %(number)s::bigint)
   AND (written_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        OR written_by = pg_current_xact_id_if_assigned()::text::bigint)
 ORDER BY written_by DESC, id DESC LIMIT 1
