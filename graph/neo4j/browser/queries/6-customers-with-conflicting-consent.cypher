// Whose consents conflict?
// Customers of whom one source, or one address, says yes and another says no to the same
// channel. `may be used` is what the project's rules make of it; unless those say otherwise one
// no is enough. One row is one address.
MATCH (clew:Clew {name: 'graph'}) WITH clew.publish AS mark
MATCH (customer:Customer)-[says:CONSENTS {conflict: true}]->(address:Identifier)
USING INDEX SEEK says:CONSENTS(conflict)
WHERE says.born <= mark AND coalesce(says.gone, mark + 1) > mark
WITH customer, says, address LIMIT 1000
RETURN customer.id AS customer, customer.name AS name, says.channel AS channel,
  address.value AS address, says.said_in AS `say yes`, says.said_out AS `say no`,
  says.at AS since, coalesce(says.why_not, 'yes') AS `may be used`,
  [customer, says, address] AS graph
ORDER BY customer, channel, address
