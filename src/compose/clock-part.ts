/** Whether the wall clock can be believed, and what may be resolved while it cannot. */
import type { Config } from "../config/config.ts";
import { ClockState } from "../observe/clock-state.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import { clockGuarded } from "../resolve/clock-guarded.ts";
import { isAtOrBelow } from "../wire/names.ts";

export interface ClockPart {
  /** Stands before validation; `unjudged` is the way without it. */
  guard(config: Config, next: Exchange, unjudged: Exchange): Exchange;
  /** Whether the clock shows a time that has certainly passed: certificates cannot be judged by it. */
  isWrong(): boolean;
  /** For `sotto doctor`. */
  finding(): DoctorFinding;
  close(): Promise<void>;
}

export interface ClockPartDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Where the last good time is kept. */
  readonly file: string;
  /** A time that has passed, by signatures that held: milliseconds since 1970. */
  readonly passed: () => number | undefined;
}

/** No clock that is right shows less: this program is younger. Well in the past, so that no fixed date ends it. */
const NEVER_BEFORE = Date.UTC(2025, 0, 1);

const PLAUSIBLE: DoctorFinding = { ok: true, subject: "clock", text: "shows a time that can be right" };

const WRONG: DoctorFinding = {
  ok: false,
  subject: "clock",
  text: "shows a time that has passed, so no signature and no certificate can be judged",
  remedy:
    "set it, or start time synchronisation (timedatectl set-ntp true); clock.ntp_names resolve meanwhile",
};

export async function createClockPart(deps: ClockPartDeps): Promise<ClockPart> {
  const state = new ClockState({ ...deps, notBefore: NEVER_BEFORE });
  await state.start();
  const isWrong = (): boolean => state.trust() === "wrong";
  return {
    guard: ({ dnssec, clock }, next, unjudged) => {
      // Without validation nothing hangs on the clock here, nor with a time that was set for it.
      if (dnssec.mode === "off" || dnssec.validationTime !== undefined) return next;
      return clockGuarded(next, unjudged, {
        isClockWrong: isWrong,
        isTimeServer: (qname) => clock.ntpNames.some((name) => isAtOrBelow(qname, name)),
      });
    },
    isWrong,
    finding: () => (isWrong() ? WRONG : PLAUSIBLE),
    close: () => state.stop(),
  };
}
