-- Whether any member of the shop was merged into another.
SELECT EXISTS (SELECT FROM members_member WHERE merchant_id = %(merchant)s AND merged_into_id IS NOT NULL)
