-- The end of every statement of rows: some of them, largest first (of equal ones the last, where `timed`), with what all
-- of them come to and how many there are.
SELECT id, about, at, note, part, whole, (sum(part) OVER ())::bigint, (sum(whole) OVER ())::bigint, count(*) OVER ()
  FROM shown WHERE part <> 0 OR whole <> 0
 ORDER BY part DESC, CASE WHEN %(timed)s::bool THEN at END DESC NULLS LAST, id
 LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
