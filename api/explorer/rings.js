/** Places for the nodes of a graph: the anchor in the middle, and round it ring by ring what is one hop farther. */

const GAP = 70;

/** Of each node id its {x, y}. A ring takes as many rows as it needs; the same graph is always drawn the same. */
export function rings(nodes, edges) {
  const beside = new Map(nodes.map((node) => [node.id, []]));
  for (const { start, end } of edges) {
    beside.get(start).push(end);
    beside.get(end).push(start);
  }
  const places = new Map();
  let inner = 0;
  for (const node of [...nodes].sort((a, b) => b.anchor - a.anchor)) {
    if (places.has(node.id)) continue;
    // A part of its own, where the drawing leaves out what joins it, lies around the others.
    let ring = [node.id];
    while (ring.length) {
      inner = place(ring, inner, places);
      const next = [];
      for (const here of ring) {
        for (const other of beside.get(here)) {
          if (!places.has(other)) {
            places.set(other, null);
            next.push(other);
          }
        }
      }
      ring = next;
    }
  }
  return places;
}

function place(ring, inner, places) {
  if (inner === 0 && ring.length === 1) {
    places.set(ring[0], { x: 0, y: 0 });
    return GAP;
  }
  let rows = 0;
  for (let room = 0; room < ring.length; rows++) room += Math.floor((2 * Math.PI * (inner + rows * GAP)) / GAP);
  ring.forEach((id, n) => {
    const angle = (2 * Math.PI * n) / ring.length, radius = inner + (n % rows) * GAP;
    places.set(id, { x: radius * Math.cos(angle), y: radius * Math.sin(angle) });
  });
  return inner + rows * GAP;
}
