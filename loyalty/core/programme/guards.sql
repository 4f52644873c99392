-- A published version never changes and is never deleted; a draft may, until it is published.
CREATE FUNCTION refuse_published_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number IS NOT NULL THEN
        RAISE EXCEPTION 'programme version % is published and cannot change', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER programme_version_immutable BEFORE UPDATE OR DELETE ON programme_version
    FOR EACH ROW EXECUTE FUNCTION refuse_published_change();
