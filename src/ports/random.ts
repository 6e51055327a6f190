/** The only source of randomness inside. Cryptographically strong in production, seeded in tests. */
export interface Random {
  /** 0 to 65535. */
  u16(): number;
  /** 0 to `bound` - 1; `bound` at least 1. */
  below(bound: number): number;
  bytes(count: number): Uint8Array;
}
