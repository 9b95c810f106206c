-- Units ever delivered no longer fall where delivered goods are returned, disposed of or found short: only what
-- corrects or reverses a delivery takes from them. The rows that counted otherwise get back what they lost.

CREATE TEMPORARY TABLE undeployed AS
SELECT pledges.programme_id, pledges.donor_id, postings.item_id, postings.lot_id, pledges.id AS pledge_id,
    postings.site_id, sites.country AS country_at,
    COALESCE(destinations.country, pledge_lines.earmark_country) AS country_for, postings.holder_id,
    -- Delivered goods are their consignee's, whenever title passed.
    COALESCE(consignments.consignee_id, postings.holder_id) AS owner_id, consignments.consignee_id,
    consignments.origin_id, consignments.destination_id,
    CAST(EXTRACT(YEAR FROM to_timestamp(postings.effective_at / 1000000) AT TIME ZONE 'UTC') AS INTEGER) * 12
        + CAST(EXTRACT(MONTH FROM to_timestamp(postings.effective_at / 1000000) AT TIME ZONE 'UTC') AS INTEGER) - 1 AS month,
    postings.quantity
FROM postings
JOIN events ON events.sequence = postings.sequence
LEFT JOIN events AS restated ON restated.id = events.about_id AND events.kind IN ('corrected', 'reversed')
LEFT JOIN events AS first ON first.id = restated.about_id AND restated.kind IN ('corrected', 'reversed')
JOIN pledge_lines ON pledge_lines.id = postings.pledge_line_id
JOIN pledges ON pledges.id = pledge_lines.pledge_id
LEFT JOIN consignments ON consignments.id = postings.consignment_id
LEFT JOIN sites ON sites.id = postings.site_id
LEFT JOIN sites AS destinations ON destinations.id = consignments.destination_id
WHERE postings.account IN (7, 8)
    AND COALESCE(first.kind, restated.kind, events.kind)
        IN ('returned', 'disposed', 'reported_missing', 'lost', 'miscounted');

UPDATE rollups SET ever_delivered = ever_delivered - (
    SELECT CAST(COALESCE(SUM(undeployed.quantity), 0) AS BIGINT) FROM undeployed
    WHERE undeployed.programme_id = rollups.programme_id
      AND (rollups.cuboid NOT IN (1, 5) OR rollups.donor_id IS NOT DISTINCT FROM undeployed.donor_id)
      AND (rollups.cuboid NOT IN (0, 1, 2, 3, 4, 5) OR rollups.item_id IS NOT DISTINCT FROM undeployed.item_id)
      AND (rollups.cuboid NOT IN (5) OR rollups.lot_id IS NOT DISTINCT FROM undeployed.lot_id)
      AND (rollups.cuboid NOT IN (5) OR rollups.pledge_id IS NOT DISTINCT FROM undeployed.pledge_id)
      AND (rollups.cuboid NOT IN (2, 5) OR rollups.site_id IS NOT DISTINCT FROM undeployed.site_id)
      AND (rollups.cuboid NOT IN (0, 1, 2, 3, 4, 5, 6) OR rollups.country_at IS NOT DISTINCT FROM undeployed.country_at)
      AND (rollups.cuboid NOT IN (0, 1, 2, 3, 4, 5, 7) OR rollups.country_for IS NOT DISTINCT FROM undeployed.country_for)
      AND (rollups.cuboid NOT IN (2, 5) OR rollups.holder_id IS NOT DISTINCT FROM undeployed.holder_id)
      AND (rollups.cuboid NOT IN (1, 5) OR rollups.owner_id IS NOT DISTINCT FROM undeployed.owner_id)
      AND (rollups.cuboid NOT IN (4, 5) OR rollups.consignee_id IS NOT DISTINCT FROM undeployed.consignee_id)
      AND (rollups.cuboid NOT IN (4, 5) OR rollups.origin_id IS NOT DISTINCT FROM undeployed.origin_id)
      AND (rollups.cuboid NOT IN (4, 5) OR rollups.destination_id IS NOT DISTINCT FROM undeployed.destination_id)
      AND (rollups.cuboid NOT IN (3, 5, 6, 7) OR rollups.month IS NOT DISTINCT FROM undeployed.month)
)
WHERE programme_id IN (SELECT programme_id FROM undeployed);

DROP TABLE undeployed;
