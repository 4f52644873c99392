-- The views belong to loyalty_views, whose eyes they see with; who reads for a shop may read them and nothing else.
GRANT CREATE ON SCHEMA bi TO loyalty_views;
DO $$
DECLARE a_view text;
BEGIN
    FOR a_view IN SELECT relname FROM pg_class WHERE relnamespace = 'bi'::regnamespace AND relkind = 'v'
    LOOP
        EXECUTE format('ALTER VIEW bi.%I OWNER TO loyalty_views', a_view);
        EXECUTE format('GRANT SELECT ON bi.%I TO loyalty_reader', a_view);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA bi FROM loyalty_views;
