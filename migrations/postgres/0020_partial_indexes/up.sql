-- Most events are about no pledge and no other event, and most goods are of unknown lot, which is written as their
-- item's id: nobody looks for these by pledge, event or lot, and each paid for a place in an index.
DROP INDEX events_by_pledge;
CREATE INDEX events_by_pledge ON events (pledge_id, sequence) WHERE pledge_id IS NOT NULL;
DROP INDEX events_by_about;
CREATE INDEX events_by_about ON events (about_id) WHERE about_id IS NOT NULL;
DROP INDEX balances_by_lot;
CREATE INDEX balances_by_lot ON balances (lot_id) WHERE balances.lot_id <> balances.item_id;
