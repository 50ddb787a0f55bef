// What is the history of this id?
// Every entry of the ledger about a customer, in order, whether its id is in use or retired;
// `now` is whom it leads to. `why` names the rules that tie the records, or what parts them now;
// what somebody decided is told by `clew history`. Take an id that another question has shown.
WITH 'C0000120H' AS id
MATCH (clew:Clew {name: 'graph'}) WITH id, clew.publish AS mark
MATCH (customer:Customer {id: id})
USING INDEX SEEK customer:Customer(id)
CALL (customer, mark) {
  MATCH (customer)(()-[step:MERGED_INTO|MOVED_TO
    WHERE step.born <= mark AND coalesce(step.gone, mark + 1) > mark]->())*(end:Customer)
  WHERE end.retired IS NULL
  RETURN collect(DISTINCT end.id) AS now
}
MATCH (customer)<-[about:ABOUT]-(entry:LedgerEntry)
WHERE about.born <= mark AND coalesce(about.gone, mark + 1) > mark
WITH id, now, entry ORDER BY entry.seq LIMIT 1000
RETURN entry.at AS at, entry.kind AS what, entry.reason AS why, entry.actor AS actor,
  [other IN entry.customer_ids WHERE other <> id] AS others, entry.record_ids AS records,
  entry.run AS run, now, entry.hash AS hash
