/**
 * The log: structured lines by pino, written without ever making a query wait.
 *
 * No line holds a queried name or a client address. The `Log` that every layer gets cannot carry one: fields
 * whose key speaks of them are withheld here. Names have a logger of their own, `queries`, which only
 * exists when the operator set `log.queries`.
 */
import { type Logger, pino, stdTimeFunctions } from "pino";
import type { Fields, Log } from "../ports/log.ts";
import { BufferedLines, DirectLines, type Lines } from "./lines.ts";

export interface LogOptions {
  /** One of pino's levels; lines below it cost one comparison. */
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: "auto" | "json" | "pretty";
  /** Whether `queries` exists. */
  readonly queries: boolean;
  /**
   * Descriptor to write to: 1 stdout (a service), 2 stderr (a command whose stdout is its result). Tests give a
   * function.
   */
  readonly destination: 1 | 2 | ((line: string) => void);
  /**
   * `buffered`: never blocks; lines that nobody reads are dropped past a bound and counted. `direct`: on the
   * descriptor before the call returns, for commands that end at once.
   */
  readonly writes: "buffered" | "direct";
}

/** One looked-up name. Only made where `ProgramLog.queries` exists. */
export interface QueryLog {
  query(fields: Fields): void;
}

/** The log as the program holds it; layers see its `Log` part only. */
export interface ProgramLog extends Log {
  /** Where names may be written; `undefined` unless the operator asked for them. */
  readonly queries: QueryLog | undefined;
  /** Lines given up because nobody read them, or the descriptor does not take them. */
  readonly dropped: () => number;
  /** Takes effect with the next line, as after a reload. */
  setLevel(level: LogOptions["level"]): void;
  /** Puts all lines on the descriptor, or gives them up. For the end of the process. */
  flush(): void;
}

/** Keys that would carry what only the query log may hold. */
const WITHHELD_KEYS: ReadonlySet<string> = new Set([
  "qname",
  "question",
  "owner",
  "target",
  "rdata",
  "client",
  "clientAddress",
  "remoteAddress",
]);

export async function createLog(options: LogOptions): Promise<ProgramLog> {
  const lines = openLines(options);
  const write = (line: string): void => {
    lines.write(line);
  };
  const logger = pino(
    { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime },
    { write: isPretty(options) ? await prettyWriter(options, write) : write },
  );
  return {
    ...leveled(logger),
    queries: options.queries ? queryLog(logger) : undefined,
    dropped: () => lines.dropped,
    setLevel: (level) => {
      logger.level = level;
    },
    flush: () => {
      lines.flush();
    },
  };
}

function leveled(logger: Logger): Log {
  return {
    debug: (fields, message) => {
      if (logger.isLevelEnabled("debug")) logger.debug(withoutNames(fields), message);
    },
    info: (fields, message) => {
      if (logger.isLevelEnabled("info")) logger.info(withoutNames(fields), message);
    },
    warn: (fields, message) => {
      logger.warn(withoutNames(fields), message);
    },
    error: (fields, message) => {
      logger.error(withoutNames(fields), message);
    },
  };
}

function withoutNames(fields: Fields): Fields {
  const clean: Record<string, Fields[string]> = {};
  for (const [key, value] of Object.entries(fields)) {
    clean[key] = WITHHELD_KEYS.has(key) && value !== undefined ? "withheld" : value;
  }
  return clean;
}

function queryLog(logger: Logger): QueryLog {
  const child = logger.child({ log: "queries" });
  return {
    query: (fields) => {
      child.info(fields, "query");
    },
  };
}

function openLines({ destination, writes }: LogOptions): Lines {
  if (typeof destination === "function") return { write: destination, dropped: 0, flush: () => undefined };
  if (writes === "direct") return new DirectLines(destination);
  const lines = new BufferedLines(destination);
  process.once("exit", () => {
    lines.flush();
  });
  return lines;
}

function isPretty({ format, destination }: LogOptions): boolean {
  if (format !== "auto") return format === "pretty";
  return typeof destination === "number" && isTerminal(destination);
}

function isTerminal(descriptor: 1 | 2): boolean {
  return (descriptor === 1 ? process.stdout : process.stderr).isTTY;
}

/** What pino adds to each line, which the pretty format has in front. */
const FRAME: ReadonlySet<string> = new Set(["level", "time", "msg"]);

/** The message, and its fields as `key=value`. */
function readable(line: Readonly<Record<string, unknown>>, dim: (text: string) => string): string {
  const fields = Object.entries(line)
    .filter(([key, value]) => !FRAME.has(key) && value !== undefined)
    .map(([key, value]) => `${key}=${plain(value)}`);
  return fields.length === 0 ? String(line["msg"]) : `${String(line["msg"])}  ${dim(fields.join(" "))}`;
}

/** In quotes where it would not read as one word. */
function plain(value: unknown): string {
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Loaded on demand: a service that logs JSON does not pay for it. */
async function prettyWriter(
  { destination }: LogOptions,
  write: (line: string) => void,
): Promise<(line: string) => void> {
  // A CommonJS module: a bundle has no named exports for it, only the default.
  const pretty = await import("pino-pretty");
  const format = pretty.default.prettyFactory({
    colorize: typeof destination === "number" && isTerminal(destination),
    translateTime: "SYS:HH:MM:ss.l",
    messageFormat: (line, _key, _level, { colors }) => readable(line, colors.gray),
    hideObject: true,
  });
  return (line) => {
    write(format(line));
  };
}
