/** What `sotto service` does, as a list of steps: carried out one by one, or only printed. */

export type Step =
  | { readonly kind: "write"; readonly path: string; readonly text: string }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "run"; readonly command: readonly string[] };

/** The part of the machine that a plan changes. */
export interface ServiceHost {
  readonly isRoot: boolean;
  /** Whether systemd runs this machine. */
  readonly hasSystemd: boolean;
  exists(path: string): boolean;
  write(path: string, text: string): void;
  remove(path: string): void;
  run(command: readonly string[]): { readonly exitCode: number; readonly output: string };
}

const UNIT_DIRECTORY = "/etc/systemd/system";
const UNITS = ["sotto.socket", "sotto.service"] as const;

export const unitPath = (unit: string): string => `${UNIT_DIRECTORY}/${unit}`;

export function installPlan(units: { readonly service: string; readonly socket: string }): Step[] {
  return [
    { kind: "write", path: unitPath("sotto.socket"), text: units.socket },
    { kind: "write", path: unitPath("sotto.service"), text: units.service },
    { kind: "run", command: ["systemctl", "daemon-reload"] },
    { kind: "run", command: ["systemctl", "enable", ...UNITS] },
    { kind: "run", command: ["systemctl", "restart", ...UNITS] },
  ];
}

export function uninstallPlan(): Step[] {
  return [
    { kind: "run", command: ["systemctl", "disable", "--now", ...UNITS] },
    ...UNITS.map((unit): Step => ({ kind: "remove", path: unitPath(unit) })),
    { kind: "run", command: ["systemctl", "daemon-reload"] },
  ];
}

/** The step in words, for `--dry-run`. */
export function describeStep(step: Step): string[] {
  switch (step.kind) {
    case "write":
      return [
        `write ${step.path}:`,
        ...step.text
          .trimEnd()
          .split("\n")
          .map((line) => `    ${line}`.trimEnd()),
      ];
    case "remove":
      return [`remove ${step.path}`];
    case "run":
      return [`run ${step.command.join(" ")}`];
  }
}

/** Carries out a plan; gives why it stopped, where it did. */
export function carryOut(plan: readonly Step[], host: ServiceHost): string | undefined {
  for (const step of plan) {
    const trouble = carryOutStep(step, host);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function carryOutStep(step: Step, host: ServiceHost): string | undefined {
  try {
    if (step.kind === "write") host.write(step.path, step.text);
    else if (step.kind === "remove") host.remove(step.path);
    else {
      const { exitCode, output } = host.run(step.command);
      if (exitCode !== 0)
        return `${step.command.join(" ")} failed: ${output.trim() || `exit code ${exitCode}`}`;
    }
    return undefined;
  } catch (error) {
    const target = step.kind === "run" ? step.command.join(" ") : step.path;
    return `${step.kind} ${target} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
