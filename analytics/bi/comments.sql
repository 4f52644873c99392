-- What each view and column means. docs/bi.md is made of these words (`manage.py reader describe`), and a test compares.

COMMENT ON VIEW bi.shop IS
    'The shop this login reads: one row.';
COMMENT ON COLUMN bi.shop.name IS 'Name of the shop.';
COMMENT ON COLUMN bi.shop.address IS 'Its part of the web address.';
COMMENT ON COLUMN bi.shop.currency IS 'ISO 4217 code; all money of the shop is in it.';
COMMENT ON COLUMN bi.shop.currency_decimals IS
    'Digits after the point of that currency: divide minor units by 10 to this power.';
COMMENT ON COLUMN bi.shop.timezone IS 'Whose days the columns that end in _on and the facts count in (IANA name).';
COMMENT ON COLUMN bi.shop.country IS 'ISO 3166 code.';
COMMENT ON COLUMN bi.shop.language IS 'Language in which names of rewards are shown.';

COMMENT ON VIEW bi.places IS
    'Where orders are made: one row for each shop, café or web shop.';
COMMENT ON COLUMN bi.places.location IS 'Code of the place, as orders name it.';
COMMENT ON COLUMN bi.places.name IS 'What it is called.';
COMMENT ON COLUMN bi.places.closed_at IS 'Since when it is closed; null while it is open (instant, with time zone).';

COMMENT ON VIEW bi.members IS
    'Everybody who joined: one row each, without name, address, birthday or number. Who was merged into another is not listed; who was erased is, as an empty row that orders and movements still point to.';
COMMENT ON COLUMN bi.members.member_id IS 'Key of the member; the same in every view.';
COMMENT ON COLUMN bi.members.status IS 'active, blocked or erased.';
COMMENT ON COLUMN bi.members.joined_at IS 'When they joined (instant, with time zone).';
COMMENT ON COLUMN bi.members.joined_on IS 'The same as a day of the shop’s own calendar.';
COMMENT ON COLUMN bi.members.joined_by IS 'Channel they joined by; empty where nobody said.';
COMMENT ON COLUMN bi.members.language IS 'Language they are written to in; empty: the shop’s.';
COMMENT ON COLUMN bi.members.tier IS 'Id of their tier in the programme; empty: none.';
COMMENT ON COLUMN bi.members.tier_since IS 'Since when it is theirs (instant, with time zone).';
COMMENT ON COLUMN bi.members.tier_until IS
    'Until when it is theirs at least; null: no end is set (instant, with time zone).';
COMMENT ON COLUMN bi.members.orders IS 'How many of their orders stand.';
COMMENT ON COLUMN bi.members.spent_minor IS
    'What these came to, refunds taken off, in minor units of the shop’s currency.';
COMMENT ON COLUMN bi.members.first_order_at IS 'Their first order (instant, with time zone).';
COMMENT ON COLUMN bi.members.last_order_at IS 'Their last order (instant, with time zone).';
COMMENT ON COLUMN bi.members.points_available IS 'Points they can use now.';
COMMENT ON COLUMN bi.members.points_pending IS 'Points that are earned and wait for a day or an event.';

COMMENT ON VIEW bi.tier_changes IS
    'Every change of a member’s tier: one row each, never changed afterwards.';
COMMENT ON COLUMN bi.tier_changes.change_id IS 'Key of the change.';
COMMENT ON COLUMN bi.tier_changes.member_id IS 'Whose tier.';
COMMENT ON COLUMN bi.tier_changes.from_tier IS 'Id of the tier before; empty: none.';
COMMENT ON COLUMN bi.tier_changes.to_tier IS 'Id of the tier after; empty: none.';
COMMENT ON COLUMN bi.tier_changes.direction IS 'up, down, kept (for longer) or replaced (by another programme’s).';
COMMENT ON COLUMN bi.tier_changes.reason IS 'Short word for why.';
COMMENT ON COLUMN bi.tier_changes.changed_at IS 'When it began to count (instant, with time zone).';

COMMENT ON VIEW bi.orders IS
    'Every order: one row each, guests’ too.';
COMMENT ON COLUMN bi.orders.order_id IS 'Key of the order.';
COMMENT ON COLUMN bi.orders.number IS 'The shop’s own order or receipt number.';
COMMENT ON COLUMN bi.orders.source IS 'Which system sent it.';
COMMENT ON COLUMN bi.orders.member_id IS 'Who bought; null: a guest.';
COMMENT ON COLUMN bi.orders.status IS 'recorded or cancelled; cancelled ones belong in no figure of revenue.';
COMMENT ON COLUMN bi.orders.placed_at IS
    'When it was placed (instant, with time zone); filter by this one, it has an index.';
COMMENT ON COLUMN bi.orders.placed_on IS 'The same as a day of the shop’s own calendar.';
COMMENT ON COLUMN bi.orders.recorded_at IS 'When it arrived here (instant, with time zone).';
COMMENT ON COLUMN bi.orders.currency IS 'ISO 4217 code of its amounts.';
COMMENT ON COLUMN bi.orders.total_minor IS 'What it came to, in minor units.';
COMMENT ON COLUMN bi.orders.refunded_minor IS 'What of it was refunded since, in minor units.';
COMMENT ON COLUMN bi.orders.net_minor IS 'Total less refunds, in minor units: what the figures of revenue add up.';
COMMENT ON COLUMN bi.orders.discount_minor IS 'Discounts within it, in minor units.';
COMMENT ON COLUMN bi.orders.paid_with_points_minor IS 'What of it points paid, in minor units.';
COMMENT ON COLUMN bi.orders.points_earned IS 'Points it gave when it was decided.';
COMMENT ON COLUMN bi.orders.channel IS 'web, pos, app or another; empty where nobody said.';
COMMENT ON COLUMN bi.orders.location IS 'Code of the place; empty where nobody said.';
COMMENT ON COLUMN bi.orders.payment_method IS 'As the shop names it; may be empty.';

COMMENT ON VIEW bi.order_lines IS
    'Every line of every order: one row each.';
COMMENT ON COLUMN bi.order_lines.order_id IS 'Which order.';
COMMENT ON COLUMN bi.order_lines.line IS 'Number of the line within it.';
COMMENT ON COLUMN bi.order_lines.kind IS 'product, shipping or another sort of line.';
COMMENT ON COLUMN bi.order_lines.sku IS 'Article number.';
COMMENT ON COLUMN bi.order_lines.product IS 'What it was called then; may be empty.';
COMMENT ON COLUMN bi.order_lines.category IS 'Category of the article then; may be empty.';
COMMENT ON COLUMN bi.order_lines.brand IS 'Brand of the article then; may be empty.';
COMMENT ON COLUMN bi.order_lines.quantity IS 'How many or how much, with up to three decimals.';
COMMENT ON COLUMN bi.order_lines.amount_minor IS 'Price of the line before the order’s discounts, in minor units.';
COMMENT ON COLUMN bi.order_lines.discount_minor IS 'Discounts on this line, in minor units.';
COMMENT ON COLUMN bi.order_lines.paid_minor IS
    'What was paid for it, its part of the order’s discounts taken off, in minor units.';
COMMENT ON COLUMN bi.order_lines.refunded_minor IS 'What of that came back, in minor units.';
COMMENT ON COLUMN bi.order_lines.points IS 'Its part of the points the order earned.';

COMMENT ON VIEW bi.refunds IS
    'Every refund and cancellation: one row each.';
COMMENT ON COLUMN bi.refunds.refund_id IS 'Key of the refund.';
COMMENT ON COLUMN bi.refunds.number IS 'The shop’s own number.';
COMMENT ON COLUMN bi.refunds.order_id IS 'Of which order; null while the order has not arrived.';
COMMENT ON COLUMN bi.refunds.status IS 'applied, parked (waiting for its order) or refused.';
COMMENT ON COLUMN bi.refunds.cancels_order IS 'Whether it took the whole order back.';
COMMENT ON COLUMN bi.refunds.amount_minor IS 'Money that went back, in minor units of the shop’s currency.';
COMMENT ON COLUMN bi.refunds.points_taken IS 'Points that were taken back with it.';
COMMENT ON COLUMN bi.refunds.points_missing IS 'Points that should have been taken and were already spent.';
COMMENT ON COLUMN bi.refunds.refunded_at IS 'When the money went back (instant, with time zone).';
COMMENT ON COLUMN bi.refunds.refunded_on IS 'The same as a day of the shop’s own calendar.';

COMMENT ON VIEW bi.entries IS
    'The books: every line on a member’s account, of points and of every other unit. Added up by member, unit and account they are the balances.';
COMMENT ON COLUMN bi.entries.transfer_id IS 'The movement the line belongs to.';
COMMENT ON COLUMN bi.entries.line IS 'Number of the line within the movement.';
COMMENT ON COLUMN bi.entries.member_id IS 'Whose account.';
COMMENT ON COLUMN bi.entries.happened_at IS 'When it counts from (instant, with time zone).';
COMMENT ON COLUMN bi.entries.happened_on IS 'The same as a day of the shop’s own calendar.';
COMMENT ON COLUMN bi.entries.recorded_at IS 'When it was written (instant, with time zone).';
COMMENT ON COLUMN bi.entries.unit IS
    'points, or the programme’s name of another unit: status credits, stamps, cash-back.';
COMMENT ON COLUMN bi.entries.account IS
    'available, pending, reserved (set aside for a reward) or debt (owed; never above 0).';
COMMENT ON COLUMN bi.entries.amount IS 'Units that came (above 0) or went (below 0).';
COMMENT ON COLUMN bi.entries.balance_after IS 'Balance of that account after this line.';
COMMENT ON COLUMN bi.entries.kind IS 'What it was: earn, redemption, refund, adjustment, expiry and others.';
COMMENT ON COLUMN bi.entries.rule IS
    'Id of the rule of the programme or the campaign that gave it; empty where none did.';
COMMENT ON COLUMN bi.entries.source_kind IS 'What caused it: order, activity and others; may be empty.';
COMMENT ON COLUMN bi.entries.source_id IS 'Key of that; of an order it is orders.order_id.';
COMMENT ON COLUMN bi.entries.lot_id IS 'The lot the units lie in, which has their dates.';

COMMENT ON VIEW bi.rewards IS
    'What points buy: one row for each reward.';
COMMENT ON COLUMN bi.rewards.reward_id IS 'Key of the reward.';
COMMENT ON COLUMN bi.rewards.handle IS 'Its name in rules.';
COMMENT ON COLUMN bi.rewards.name IS 'Its name in the shop’s language.';
COMMENT ON COLUMN bi.rewards.kind IS 'money_off, percent_off, free_product and others.';
COMMENT ON COLUMN bi.rewards.cost_points IS 'Points it costs.';
COMMENT ON COLUMN bi.rewards.unit_cost_minor IS
    'What one costs the shop, in minor units of the shop’s currency; 0 where nobody said.';
COMMENT ON COLUMN bi.rewards.stock IS 'How many there are in all; null: no limit.';
COMMENT ON COLUMN bi.rewards.taken IS 'How many are taken.';
COMMENT ON COLUMN bi.rewards.available_from IS 'From when it can be had; null: at once (instant, with time zone).';
COMMENT ON COLUMN bi.rewards.available_until IS 'Until when; null: no end (instant, with time zone).';
COMMENT ON COLUMN bi.rewards.retired_at IS
    'Since when it is no longer offered; null while it is (instant, with time zone).';

COMMENT ON VIEW bi.redemptions IS
    'Every reward taken or handed out: one row each, whatever became of it.';
COMMENT ON COLUMN bi.redemptions.redemption_id IS 'Key of the redemption.';
COMMENT ON COLUMN bi.redemptions.member_id IS 'Who took it.';
COMMENT ON COLUMN bi.redemptions.reward_id IS 'Which reward.';
COMMENT ON COLUMN bi.redemptions.status IS
    'reserved, committed (used or handed out), released (never used) or reversed (given back).';
COMMENT ON COLUMN bi.redemptions.quantity IS 'How many.';
COMMENT ON COLUMN bi.redemptions.cost_points IS 'Points it cost, in all.';
COMMENT ON COLUMN bi.redemptions.returned_points IS 'Points of these that were given back.';
COMMENT ON COLUMN bi.redemptions.unit_cost_minor IS
    'What one cost the shop when it was taken, in minor units of the shop’s currency.';
COMMENT ON COLUMN bi.redemptions.channel IS 'Where it was taken; may be empty.';
COMMENT ON COLUMN bi.redemptions.order_number IS 'The order it was used on (orders.number); may be empty.';
COMMENT ON COLUMN bi.redemptions.source_kind IS
    'What handed it out without points: a rule, staff, a draw; empty for one that was bought.';
COMMENT ON COLUMN bi.redemptions.source_id IS 'Key of that; null for one that was bought.';
COMMENT ON COLUMN bi.redemptions.taken_at IS 'When it was taken (instant, with time zone).';
COMMENT ON COLUMN bi.redemptions.taken_on IS 'The same as a day of the shop’s own calendar.';
COMMENT ON COLUMN bi.redemptions.settled_at IS
    'When it was used or released; null while it is open (instant, with time zone).';
COMMENT ON COLUMN bi.redemptions.reversed_at IS 'When it was given back; null otherwise (instant, with time zone).';

COMMENT ON VIEW bi.campaigns IS
    'Every campaign: one row each.';
COMMENT ON COLUMN bi.campaigns.campaign_id IS 'Key of the campaign.';
COMMENT ON COLUMN bi.campaigns.name IS 'What the shop calls it.';
COMMENT ON COLUMN bi.campaigns.kind IS 'Template it began with; may be empty.';
COMMENT ON COLUMN bi.campaigns.state IS 'draft, waiting, planned, running, paused or ended.';
COMMENT ON COLUMN bi.campaigns.segment IS 'For whom: segments.segment; empty: everybody.';
COMMENT ON COLUMN bi.campaigns.tier IS 'For which tier; empty: every one.';
COMMENT ON COLUMN bi.campaigns.starts_at IS 'When it begins (instant, with time zone).';
COMMENT ON COLUMN bi.campaigns.ends_at IS 'When it ends; null: no end (instant, with time zone).';
COMMENT ON COLUMN bi.campaigns.launched_at IS 'When it was first let loose (instant, with time zone).';
COMMENT ON COLUMN bi.campaigns.ended_at IS 'When it really ended (instant, with time zone).';
COMMENT ON COLUMN bi.campaigns.budget_points IS 'Points it may give in all; null: no limit.';
COMMENT ON COLUMN bi.campaigns.budget_minor IS
    'What it may cost in all, in minor units of the shop’s currency; null: no limit.';
COMMENT ON COLUMN bi.campaigns.created_at IS 'When it was made (instant, with time zone).';

COMMENT ON VIEW bi.campaign_gifts IS
    'What rules of campaigns gave: one row for each rule and occasion. Join orders by source_id for the orders a campaign reached.';
COMMENT ON COLUMN bi.campaign_gifts.campaign_id IS 'Which campaign.';
COMMENT ON COLUMN bi.campaign_gifts.rule IS 'Id of its rule.';
COMMENT ON COLUMN bi.campaign_gifts.member_id IS 'To whom; null once they were erased.';
COMMENT ON COLUMN bi.campaign_gifts.source_kind IS 'order or activity.';
COMMENT ON COLUMN bi.campaign_gifts.source_id IS 'Key of that.';
COMMENT ON COLUMN bi.campaign_gifts.unit IS 'points, rewards, or another unit.';
COMMENT ON COLUMN bi.campaign_gifts.given IS 'Units it gave.';
COMMENT ON COLUMN bi.campaign_gifts.remaining IS 'What is left of them after refunds.';
COMMENT ON COLUMN bi.campaign_gifts.given_at IS 'When (instant, with time zone).';

COMMENT ON VIEW bi.segments IS
    'Every segment: one row each.';
COMMENT ON COLUMN bi.segments.segment IS 'Its name in rules.';
COMMENT ON COLUMN bi.segments.name IS 'What the shop calls it.';
COMMENT ON COLUMN bi.segments.kind IS 'conditions (computed) or list (kept by hand).';
COMMENT ON COLUMN bi.segments.state IS 'active or archived.';
COMMENT ON COLUMN bi.segments.size IS 'How many members were in it when it was last looked at.';
COMMENT ON COLUMN bi.segments.looked_at IS
    'When everybody was last looked at; null: not yet (instant, with time zone).';

COMMENT ON VIEW bi.segment_members IS
    'Who is in which segment now: one row for each place.';
COMMENT ON COLUMN bi.segment_members.segment IS 'Which segment.';
COMMENT ON COLUMN bi.segment_members.member_id IS 'Who.';
COMMENT ON COLUMN bi.segment_members.since IS 'Since when (instant, with time zone).';
COMMENT ON COLUMN bi.segment_members.until IS 'Until when; null: no end is set (instant, with time zone).';

COMMENT ON VIEW bi.answers IS
    'Every answer to a survey: one row each, without what anybody wrote in words.';
COMMENT ON COLUMN bi.answers.answer_id IS 'Key of the answer.';
COMMENT ON COLUMN bi.answers.survey IS 'Name of the survey in rules.';
COMMENT ON COLUMN bi.answers.survey_name IS 'What the shop calls it.';
COMMENT ON COLUMN bi.answers.member_id IS 'Who answered; null once they were erased.';
COMMENT ON COLUMN bi.answers.round IS 'Their first, second … answer to this survey.';
COMMENT ON COLUMN bi.answers.score IS
    'How likely they are to recommend the shop, 0 to 10; null where that was not asked.';
COMMENT ON COLUMN bi.answers.given IS 'Numbers and choices by question, as JSON.';
COMMENT ON COLUMN bi.answers.tier IS 'Their tier when they answered; empty: none.';
COMMENT ON COLUMN bi.answers.came_by IS 'Way they came to it.';
COMMENT ON COLUMN bi.answers.points IS 'Points it gave.';
COMMENT ON COLUMN bi.answers.answered_at IS 'When (instant, with time zone).';
COMMENT ON COLUMN bi.answers.answered_on IS 'The same as a day of the shop’s own calendar.';

COMMENT ON VIEW bi.facts IS
    'The sums behind the figures of the reports: one row for each sum that is not nought. They catch up with late orders and refunds within minutes; the day that still goes on may be behind.';
COMMENT ON COLUMN bi.facts.grain IS 'day; for heads, which do not add up, also week, month, quarter and year.';
COMMENT ON COLUMN bi.facts.first_day IS 'First day of the shop’s own calendar of the stretch.';
COMMENT ON COLUMN bi.facts.cut IS
    'What it is told apart by: channel, location, tier, kind or cohort; empty: the sum of all.';
COMMENT ON COLUMN bi.facts.name IS 'Which channel, location, tier …; empty where the cut is, or where nobody said.';
COMMENT ON COLUMN bi.facts.measure IS 'What was summed: see the figures below.';
COMMENT ON COLUMN bi.facts.amount IS 'Heads, orders or points; money in minor units.';
