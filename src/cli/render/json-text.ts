/** JSON objects from members that are JSON text already: order, repeated names and exact numbers stay as they are. */
export type JsonMember = readonly [name: string, json: string];

export function jsonObject(members: readonly JsonMember[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

export function jsonArray(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}
