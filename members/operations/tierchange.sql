-- A member's tier history is written once: nobody who serves may change a line of it or take one out.

CREATE TRIGGER members_tierchange_append_only BEFORE UPDATE OR DELETE ON members_tierchange
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER members_tierchange_no_truncate BEFORE TRUNCATE ON members_tierchange EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON members_tierchange FROM loyalty_app, loyalty_system;
