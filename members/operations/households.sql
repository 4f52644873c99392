-- Locks everybody of a member's household before one of them redeems: the members' rows sorted, then their accounts.
-- Answers whose rows they are, whoever the member is by now first looked up; an empty list for who is in no household.
-- Who leaves or joins locks their own row first, so whoever is in the list and still has a place is held to it.
CREATE OR REPLACE FUNCTION members_hold_household(h_member uuid) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    who uuid[];
BEGIN
    SELECT array_agg(o.member_id ORDER BY o.member_id) INTO who
      FROM members_member f
      JOIN members_householdplace p ON p.merchant_id = m
       AND p.member_id = CASE WHEN f.merged_into_id IS NULL THEN f.id ELSE f.merged_into_id END
      JOIN members_householdplace o ON o.merchant_id = m AND o.household_id = p.household_id
     WHERE f.merchant_id = m AND f.id = h_member;
    IF who IS NULL THEN RETURN '{}'; END IF;
    PERFORM 1 FROM members_member p WHERE p.merchant_id = m AND p.id = ANY(who) ORDER BY p.id FOR NO KEY UPDATE;
    PERFORM ledger_hold(who);
    RETURN who;
END $$;
