// Which values are shared by several customers?
// More customers hold them than their policy allows, so they link nobody. `some` are a few of
// those customers.
MATCH (clew:Clew {name: 'graph'}) WITH clew.publish AS mark
MATCH (value:Identifier {status: 'shared'})
USING INDEX SEEK value:Identifier(status)
WHERE value.born <= mark AND coalesce(value.gone, mark + 1) > mark
WITH value, mark ORDER BY value.shared_customers DESC, value.type, value.value LIMIT 50
CALL (value, mark) {
  MATCH holds = (value)<-[h:HAS]-(:Record)-[g:BELONGS_TO]->(customer:Customer)
  WHERE h.born <= mark AND coalesce(h.gone, mark + 1) > mark
    AND g.born <= mark AND coalesce(g.gone, mark + 1) > mark
  WITH holds, customer LIMIT 5
  RETURN collect(DISTINCT customer.id) AS some, collect(holds) AS graph
}
RETURN value.type AS type, value.value AS value, value.shared_customers AS customers,
  value.shared_records AS records, value.shared_because AS because, some, graph
ORDER BY customers DESC, type, value
