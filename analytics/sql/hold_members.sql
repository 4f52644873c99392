-- Hold some members while something is written about them: whoever merges or erases one waits.
SELECT id FROM members_member
 WHERE merchant_id = %(merchant)s AND id = ANY(%(members)s::uuid[]) ORDER BY id FOR SHARE
