-- Undoes rights.sql.
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT tablename, policyname FROM pg_policies
        WHERE schemaname = 'public' AND roles = '{loyalty_views}'
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', found.policyname, found.tablename);
        EXECUTE format('REVOKE ALL ON %I FROM loyalty_views', found.tablename);
    END LOOP;
END $$;
