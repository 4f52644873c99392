-- Takes the views away, to be made anew by views.sql, comments.sql and grants.sql.
DO $$
DECLARE a_view text;
BEGIN
    FOR a_view IN SELECT relname FROM pg_class WHERE relnamespace = 'bi'::regnamespace AND relkind = 'v'
    LOOP
        EXECUTE format('DROP VIEW bi.%I', a_view);
    END LOOP;
END $$;
