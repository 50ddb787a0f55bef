// Which customers were merged last week, and why?
// `why` names the rules of the ledger's entry, `strongest match` the best evidence across
// that still stands.
WITH 7 AS days
MATCH (clew:Clew {name: 'graph'}) WITH days, clew.publish AS mark
MATCH (old:Customer {retired: true})-[merged:MERGED_INTO]->(new:Customer)
USING INDEX SEEK old:Customer(retired)
WHERE merged.at >= datetime() - duration({days: days})
  AND merged.born <= mark AND coalesce(merged.gone, mark + 1) > mark
WITH old, merged, new, mark ORDER BY merged.at DESC, old.id LIMIT 200
OPTIONAL MATCH (old)<-[about:ABOUT]-(entry:LedgerEntry {kind: 'merged'})-[:ABOUT]->(new)
WHERE about.born <= mark AND coalesce(about.gone, mark + 1) > mark
CALL (entry, new, mark) {
  MATCH (moved:Record) USING INDEX SEEK moved:Record(id) WHERE moved.id IN entry.record_ids
  MATCH (moved)-[m:MATCHES]-(other:Record)-[g:BELONGS_TO]->(new)
  WHERE NOT other.id IN entry.record_ids
    AND m.born <= mark AND coalesce(m.gone, mark + 1) > mark
    AND g.born <= mark AND coalesce(g.gone, mark + 1) > mark
  WITH m ORDER BY m.weight DESC, startNode(m).id LIMIT 1
  RETURN collect(m)[0] AS best
}
RETURN merged.at AS at, old.id AS customer, new.id AS into, new.name AS name,
  entry.reason AS why, entry.actor AS actor, size(entry.record_ids) AS `records moved`,
  startNode(best).id + ' – ' + endNode(best).id AS `strongest match`,
  best.weight AS bits, best.reasons AS reasons, [old, merged, new] AS graph
ORDER BY at DESC, customer
