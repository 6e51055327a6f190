/**
 * Structured log lines. `fields` never hold a queried name or a client address: those go through
 * `queries`, which is silent unless the operator set `log.queries`.
 */
export interface Log {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

export type Fields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
