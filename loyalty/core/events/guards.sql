-- Events are append-only; only the outbox mark may be set.
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_event_no_delete BEFORE DELETE ON events_event FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_event_no_truncate BEFORE TRUNCATE ON events_event EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_event_append_only BEFORE UPDATE OF id, merchant_id, kind, subject, actor, data, happened_at,
    recorded_at ON events_event FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
REVOKE UPDATE, DELETE, TRUNCATE ON events_event FROM loyalty_app, loyalty_system;
GRANT UPDATE (dispatched_at) ON events_event TO loyalty_app, loyalty_system;
