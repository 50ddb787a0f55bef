// Which customers hang by the weakest thread?
// A bridge is a match without which its customer falls in two. The customers looked at are
// those of the newest 20,000 entries of the ledger: raise that number to look further back.
// One row is one bridge, the weakest first.
MATCH (clew:Clew {name: 'graph'}) WITH clew.publish AS mark
CALL (mark) {
  MATCH (entry:LedgerEntry) USING INDEX SEEK entry:LedgerEntry(seq) WHERE entry.seq > 0
  WITH entry, mark ORDER BY entry.seq DESC LIMIT 20000
  MATCH (entry)-[about:ABOUT]->(customer:Customer)
  WHERE about.born <= mark AND coalesce(about.gone, mark + 1) > mark
  RETURN DISTINCT customer
}
MATCH (customer)<-[g:BELONGS_TO]-(a:Record)-[m:MATCHES]->(b:Record)
WHERE g.born <= mark AND coalesce(g.gone, mark + 1) > mark
  AND m.born <= mark AND coalesce(m.gone, mark + 1) > mark
WITH customer, a, m, b, mark ORDER BY m.weight, a.id, b.id
WHERE NOT EXISTS {
  MATCH SHORTEST 1
    (a)(()-[x:MATCHES WHERE x.born <= mark AND coalesce(x.gone, mark + 1) > mark
      AND x <> m]-())+(b)
}
WITH customer, a, m, b LIMIT 50
RETURN customer.id AS customer, customer.name AS name, customer.records AS records,
  m.weight AS bits, m.probability AS probability, m.rule AS rule,
  a.id + ' – ' + b.id AS match, m.reasons AS reasons, [a, m, b] AS graph
ORDER BY bits, match
