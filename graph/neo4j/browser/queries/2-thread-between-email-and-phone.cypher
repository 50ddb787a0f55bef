// What ties this e-mail to this phone?
// The widest path: of all threads of matches between the two, one whose weakest hop is the
// strongest. It is found by asking for a thread of matches of at least some weight, from the
// customer's heaviest match down, until there is one. Any two identifiers will do: give the
// type and the value of each. No hop means that one record holds both; no answer means that
// nothing ties them, and `clew why` says what speaks against it.
WITH ['email', 'john@email.com'] AS one, ['phone', '+15551234567'] AS other
MATCH (clew:Clew {name: 'graph'}) WITH one, other, clew.publish AS mark
MATCH (a:Identifier {type: one[0], value: one[1]})
USING INDEX SEEK a:Identifier(type, value)
MATCH (b:Identifier {type: other[0], value: other[1]})
USING INDEX SEEK b:Identifier(type, value)
CALL (a, mark) {
  MATCH (a)<-[h:HAS]-(:Record)-[g:BELONGS_TO]->(customer:Customer)
  WHERE h.born <= mark AND coalesce(h.gone, mark + 1) > mark
    AND g.born <= mark AND coalesce(g.gone, mark + 1) > mark
  WITH DISTINCT customer, mark
  MATCH (customer)<-[g:BELONGS_TO]-(:Record)-[m:MATCHES]->(:Record)
  WHERE g.born <= mark AND coalesce(g.gone, mark + 1) > mark
    AND m.born <= mark AND coalesce(m.gone, mark + 1) > mark
  WITH DISTINCT m.weight AS weight ORDER BY weight DESC
  RETURN collect(weight) AS weights
}
UNWIND [toFloat('Infinity')] + weights AS least
CALL (a, b, mark, least) {
  MATCH thread = SHORTEST 1
    (a)<-[x:HAS WHERE x.born <= mark AND coalesce(x.gone, mark + 1) > mark]-(:Record)
    (()-[m:MATCHES WHERE m.born <= mark AND coalesce(m.gone, mark + 1) > mark
      AND m.weight >= least]-())*
    (:Record)-[y:HAS WHERE y.born <= mark AND coalesce(y.gone, mark + 1) > mark]->(b)
  RETURN thread, m AS hops
}
WITH thread, hops, least LIMIT 1
RETURN size(hops) AS hops, CASE WHEN size(hops) > 0 THEN least END AS `weakest hop in bits`,
  [hop IN hops | startNode(hop).id + ' – ' + endNode(hop).id + ': ' + hop.rule] AS `hop by hop`,
  thread
