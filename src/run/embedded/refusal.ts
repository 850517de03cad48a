/** Why the embedded engine doesn't take an expression: which node, and the reason, in one sentence. */
export class Refusal extends Error {
  constructor(
    readonly node: string,
    readonly reason: string,
  ) {
    super(`${node}: ${reason}`);
    this.name = 'Refusal';
  }
}
