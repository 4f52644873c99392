-- Everybody may find a shop by its address; only who acts for it may change it, and nobody deletes one.
ALTER TABLE merchants_merchant ENABLE ROW LEVEL SECURITY;
CREATE POLICY merchants_merchant_read ON merchants_merchant FOR SELECT TO loyalty_app USING (true);
CREATE POLICY merchants_merchant_open ON merchants_merchant FOR INSERT TO loyalty_app WITH CHECK (true);
CREATE POLICY merchants_merchant_change ON merchants_merchant FOR UPDATE TO loyalty_app
    USING (id = NULLIF(current_setting('app.merchant_id', true), '')::bigint);
CREATE POLICY merchants_merchant_system ON merchants_merchant TO loyalty_system USING (true) WITH CHECK (true);
