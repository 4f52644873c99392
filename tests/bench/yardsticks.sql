-- Other ways to keep such books, written here as their designs describe them: a transfer between two accounts that both
-- carry a balance, so that one issuing account is shared by all customers; and the tables for a naive ORM version.

CREATE TABLE IF NOT EXISTS yard_account (id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0,
    may_go_negative boolean NOT NULL DEFAULT false, CHECK (may_go_negative OR balance >= 0));
CREATE TABLE IF NOT EXISTS yard_transfer (id uuid PRIMARY KEY, debit bigint NOT NULL REFERENCES yard_account, credit bigint NOT NULL REFERENCES yard_account,
    amount bigint NOT NULL CHECK (amount > 0), key text UNIQUE, event_at timestamptz NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS yard_entry (id uuid PRIMARY KEY, transfer_id uuid NOT NULL REFERENCES yard_transfer, account_id bigint NOT NULL REFERENCES yard_account,
    amount bigint NOT NULL, previous_balance bigint NOT NULL, current_balance bigint NOT NULL, account_version bigint NOT NULL);
CREATE INDEX IF NOT EXISTS yard_entry_account ON yard_entry (account_id);
CREATE INDEX IF NOT EXISTS yard_entry_transfer ON yard_entry (transfer_id);

CREATE OR REPLACE FUNCTION yard_post(from_id bigint, to_id bigint, n bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t uuid := gen_random_uuid(); f yard_account; g yard_account;
BEGIN
    PERFORM 1 FROM yard_account WHERE id IN (from_id, to_id) ORDER BY id FOR UPDATE;
    INSERT INTO yard_transfer VALUES (t, from_id, to_id, n, NULL, now(), now());
    UPDATE yard_account SET balance = balance - n, version = version + 1 WHERE id = from_id RETURNING * INTO f;
    UPDATE yard_account SET balance = balance + n, version = version + 1 WHERE id = to_id RETURNING * INTO g;
    INSERT INTO yard_entry VALUES (gen_random_uuid(), t, from_id, -n, f.balance + n, f.balance, f.version),
                                  (gen_random_uuid(), t, to_id, n, g.balance - n, g.balance, g.version);
END $$;

INSERT INTO yard_account SELECT n, 0, 0, n = 0 FROM generate_series(0, 5000) n ON CONFLICT DO NOTHING;
GRANT SELECT, INSERT, UPDATE ON yard_account, yard_transfer, yard_entry TO loyalty_app;
