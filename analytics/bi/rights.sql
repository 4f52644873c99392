-- What the views of schema bi may see: these columns and no others, so that no mistake in a view can show a name, an
-- address, a birthday, a code or what somebody typed; and of these tables the rows of the login's shop.
GRANT SELECT (id, name, slug, currency, timezone, country, language) ON merchants_merchant TO loyalty_views;
GRANT SELECT (merchant_id, code, name, closed_at) ON merchants_location TO loyalty_views;
GRANT SELECT (merchant_id, id, status, joined_at, channel, language, merged_into_id) ON members_member TO loyalty_views;
GRANT SELECT (merchant_id, member_id, orders_count, spend_minor, first_order_at, last_order_at)
    ON members_stats TO loyalty_views;
GRANT SELECT (merchant_id, member_id, tier, since, valid_until) ON members_tierstanding TO loyalty_views;
GRANT SELECT (merchant_id, id, member_id, from_tier, to_tier, direction, reason, changed_at)
    ON members_tierchange TO loyalty_views;
GRANT SELECT (merchant_id, id, source, external_id, member_id, status, currency, total_minor, discount_minor,
              points_minor, refunded_minor, points_earned, channel, location, payment_method, placed_at, recorded_at)
    ON members_order TO loyalty_views;
GRANT SELECT (merchant_id, order_id, number, kind, sku, name, category, brand, quantity, amount_minor, discount_minor,
              paid_minor, points, refunded_minor) ON members_orderline TO loyalty_views;
GRANT SELECT (merchant_id, id, order_id, external_id, cancels, status, amount_minor, points_taken, shortfall,
              refunded_at) ON members_refund TO loyalty_views;
GRANT SELECT (merchant_id, member_id, segment, since, until) ON members_segmentplace TO loyalty_views;
GRANT SELECT (merchant_id, source_kind, source, rule, member_id, unit, amount, units, at)
    ON members_ruleuse TO loyalty_views;
GRANT SELECT (merchant_id, id, owner, unit, kind, balance) ON ledger_account TO loyalty_views;
GRANT SELECT (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, balance_after)
    ON ledger_entry TO loyalty_views;
GRANT SELECT (merchant_id, id, kind, rule, source_kind, source, happened_at, recorded_at)
    ON ledger_transfer TO loyalty_views;
GRANT SELECT (merchant_id, id, handle, kind, name, cost_points, unit_cost_minor, stock, taken, available_from,
              available_until, retired_at) ON rewards_reward TO loyalty_views;
GRANT SELECT (merchant_id, id, member_id, reward_id, status, quantity, cost_points, returned_points, unit_cost_minor,
              channel, order_external_id, source_kind, source, reserved_at, settled_at, reversed_at)
    ON rewards_redemption TO loyalty_views;
GRANT SELECT (merchant_id, id, name, kind, state, segment, tier, starts_at, ends_at, launched_at, ended_at,
              budget_points, budget_minor, rule_ids, created_at) ON campaigns_campaign TO loyalty_views;
GRANT SELECT (merchant_id, handle, name, kind, state, size, looked_at) ON campaigns_segment TO loyalty_views;
GRANT SELECT (merchant_id, id, handle, name) ON campaigns_survey TO loyalty_views;
GRANT SELECT (merchant_id, id, survey_id, member_id, round, given, score, tier, came_by, points, answered_at)
    ON campaigns_surveyanswer TO loyalty_views;
GRANT SELECT (merchant_id, family, grain, first, cut, name, measure, amount) ON analytics_fact TO loyalty_views;

DO $$
DECLARE a_table text;
BEGIN
    FOR a_table IN SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'merchants_merchant'
          AND has_any_column_privilege('loyalty_views', c.oid, 'SELECT')
    LOOP
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO loyalty_views USING (merchant_id = (SELECT bi.shop_of_login()))',
                       a_table || '_views', a_table);
    END LOOP;
    CREATE POLICY merchants_merchant_views ON merchants_merchant FOR SELECT TO loyalty_views
        USING (id = (SELECT bi.shop_of_login()));
END $$;
