-- Of a transfer one thing may go when its member is erased: the reason somebody typed. It may become empty and nothing
-- else; it is in no hash and no seal, so the book stays proved.

DROP TRIGGER ledger_transfer_append_only ON ledger_transfer;
CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE ON ledger_transfer
    FOR EACH ROW WHEN (NEW.reason <> '' OR to_jsonb(NEW) - 'reason' <> to_jsonb(OLD) - 'reason')
    EXECUTE FUNCTION refuse_change();
GRANT UPDATE (reason) ON ledger_transfer TO loyalty_app;
