import type { Fields, Log } from "../../src/ports/log.ts";

/** Keeps every line for a look, prints none. */
export class SilentLog implements Log {
  readonly lines: { level: string; fields: Fields; message: string }[] = [];

  debug(fields: Fields, message: string): void {
    this.lines.push({ level: "debug", fields, message });
  }
  info(fields: Fields, message: string): void {
    this.lines.push({ level: "info", fields, message });
  }
  warn(fields: Fields, message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }
  error(fields: Fields, message: string): void {
    this.lines.push({ level: "error", fields, message });
  }
}
