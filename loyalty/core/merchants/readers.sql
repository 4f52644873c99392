-- Which shop a login of a tool for reports may read: the ground on which the views of schema bi stand.
--
-- A reader cannot choose its shop: the shop is looked up by session_user, the role that signed in, which neither SET ROLE
-- nor a setting nor a function that runs with other rights changes. Nobody who serves or reads may write the list; it is
-- written by the operator's command (`manage.py reader`), as the owner.
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'loyalty_views')
       OR NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'loyalty_reader') THEN
        RAISE EXCEPTION 'The roles loyalty_views and loyalty_reader are missing: run create_roles of loyalty.core.tenancy.roles once more, as at the first installation, and migrate again.';
    END IF;
END $$;

CREATE SCHEMA bi;
REVOKE ALL ON SCHEMA bi FROM PUBLIC;
GRANT USAGE ON SCHEMA bi TO loyalty_reader, loyalty_views, loyalty_app;

CREATE TABLE bi.login (
    role name PRIMARY KEY,
    merchant_id bigint NOT NULL,
    made_at timestamptz NOT NULL
);
ALTER TABLE bi.login ENABLE ROW LEVEL SECURITY;
CREATE POLICY login_own ON bi.login FOR SELECT TO loyalty_views USING (role = session_user);
CREATE POLICY login_tenant ON bi.login FOR SELECT TO loyalty_app
    USING (merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint);
GRANT SELECT ON bi.login TO loyalty_views, loyalty_app;

-- The shop of the login; null for everybody who is no reader, and then no view has a row.
CREATE FUNCTION bi.shop_of_login() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$ SELECT merchant_id FROM bi.login WHERE role = session_user $$;
REVOKE ALL ON FUNCTION bi.shop_of_login() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bi.shop_of_login() TO loyalty_reader, loyalty_views;
-- A function's owner must be able to make one, at the moment it becomes the owner.
GRANT CREATE ON SCHEMA bi TO loyalty_views;
ALTER FUNCTION bi.shop_of_login() OWNER TO loyalty_views;
REVOKE CREATE ON SCHEMA bi FROM loyalty_views;
