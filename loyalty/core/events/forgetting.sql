-- Of an event one thing may go when the person it is about is erased: the reason somebody typed.

DROP TRIGGER events_event_append_only ON events_event;
CREATE TRIGGER events_event_append_only BEFORE UPDATE OF id, merchant_id, kind, subject, actor, happened_at, recorded_at,
    written_by ON events_event FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_event_only_forgets BEFORE UPDATE OF data ON events_event
    FOR EACH ROW WHEN (NEW.data <> OLD.data - 'reason') EXECUTE FUNCTION refuse_event_change();
GRANT UPDATE (data) ON events_event TO loyalty_app;
