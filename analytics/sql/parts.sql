-- The end of a statement of rows that belong to something: what they come to by its name.
SELECT name, sum(part)::bigint, sum(whole)::bigint FROM shown WHERE part <> 0 OR whole <> 0 GROUP BY name
