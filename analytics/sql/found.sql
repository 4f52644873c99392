-- The end of every statement of rows: some of them, largest first; of equal ones the last, where `timed`.
SELECT id, about, at, note, part, whole
  FROM shown WHERE part <> 0 OR whole <> 0
 ORDER BY part DESC, CASE WHEN %(timed)s::bool THEN at END DESC NULLS LAST, id
 LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
