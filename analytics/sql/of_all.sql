-- Of the rows that were found: all.
, shown AS (SELECT * FROM found)
