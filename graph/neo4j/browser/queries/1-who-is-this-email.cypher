// Who is this e-mail?
// The customer, its records and what those hold. Write the address as the graph holds it:
// `clew whois` reads any form. A value that stands alone links nobody: its `shared_because`
// says why, or its records are placeholders and the like.
WITH 'john@email.com' AS email
MATCH (clew:Clew {name: 'graph'}) WITH email, clew.publish AS mark
MATCH (value:Identifier {type: 'email', value: email})
USING INDEX SEEK value:Identifier(type, value)
WHERE value.born <= mark AND coalesce(value.gone, mark + 1) > mark
OPTIONAL MATCH known = (value)<-[k:KNOWN_BY]-(customer:Customer)
WHERE k.born <= mark AND coalesce(k.gone, mark + 1) > mark
OPTIONAL MATCH belongs = (customer)<-[g:BELONGS_TO]-(record:Record)
WHERE g.born <= mark AND coalesce(g.gone, mark + 1) > mark
OPTIONAL MATCH holds = (record)-[h:HAS]->(:Identifier)
WHERE h.born <= mark AND coalesce(h.gone, mark + 1) > mark
RETURN customer.id AS customer, customer.name AS name, record.id AS record,
  g.confidence AS sure, value, known, belongs, holds
ORDER BY customer, record LIMIT 1000
