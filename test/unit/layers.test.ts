/**
 * The shape of `src/` as a test: who may import whom, where each package lives, what never appears inside.
 * Whoever breaks a rule on purpose changes the table here, with the reason beside it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join, normalize } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** What each layer may import from, besides itself and `ports`. A file right under `src/` is a layer of its own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ports: [],
  wire: [],
  privacy: ["wire"],
  local: ["wire"],
  cache: ["wire"],
  dnssec: ["wire"],
  upstream: ["wire"],
  resolve: ["wire", "privacy", "local", "cache", "dnssec", "upstream"],
  // Its own layer, since `main.ts` needs it too, which is a bundle of its own.
  "directories.ts": [],
  config: ["wire"],
  listen: ["wire", "resolve"],
  observe: ["wire", "resolve", "directories.ts"],
  // The parts of the composition root: each turns configuration into one running part.
  compose: [
    "wire",
    "privacy",
    "local",
    "cache",
    "dnssec",
    "upstream",
    "resolve",
    "config",
    "listen",
    "observe",
    "directories.ts",
  ],
  "app.ts": ["wire", "resolve", "cache", "config", "listen", "observe", "compose", "directories.ts"],
  cli: ["wire", "config", "observe", "app.ts", "directories.ts"],
  "program.ts": ["cli"],
  // Loads `program.ts` without importing it.
  "compiled-code.ts": ["directories.ts"],
  "heap.ts": [],
  "main.ts": ["compiled-code.ts", "heap.ts", "program.ts"],
};

/** The only folders that may import each package. A dependency without a home here is a fault. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  commander: ["cli"],
  "dns-packet": ["cli", "local"],
  koffi: ["listen", "cli"], // In cli for the datagram that tells the service manager: Node has none for Unix sockets.
  "lru-cache": ["cache"],
  pino: ["observe"],
  "pino-pretty": ["observe"],
  "prom-client": ["observe"],
  socks: ["upstream"],
  tldts: ["privacy"],
  "toml-eslint-parser": ["config"],
};

/** Development packages that stay where they are, so that nothing in `src/` or another test leans on them. */
const TEST_PACKAGE_HOMES: Readonly<Record<string, RegExp>> = { "node-forge": /^test\/lab\// };

/** Node modules that reach outside the process, and the layers that are its edges. */
const EDGE_MODULES: Readonly<Record<string, readonly string[]>> = {
  "node:child_process": ["compose", "cli", "app.ts", "listen", "upstream"],
  "node:cluster": ["compose", "app.ts", "listen"],
  "node:dgram": ["listen", "upstream", "cli"],
  "node:dns": [],
  "node:dns/promises": [],
  "node:events": [],
  "node:http": ["observe", "cli"],
  "node:https": [],
  "node:http2": [],
  "node:net": ["compose", "listen", "upstream", "cli", "app.ts"],
  "node:tls": ["upstream", "cli"],
  "node:worker_threads": ["compose", "app.ts", "listen"],
};

/** What `node:net` offers that touches no socket. */
const PURE_OF_NET = new Set(["BlockList", "SocketAddress", "isIP", "isIPv4", "isIPv6"]);

/** Layers without files: they work on what they are given. */
const WITHOUT_FILES = ["ports", "wire", "resolve", "privacy"];

/** Time, chance and environment come in through `ports/`; only these files may take them from the process. */
const AMBIENT = [
  "Date.now",
  "Math.random",
  "new Date()",
  "performance.now",
  "performance.timeOrigin",
  "process.env",
  "process.hrtime",
  "setInterval",
  "setTimeout",
  "randomBytes",
  "randomFillSync",
  "randomInt",
  "randomUUID",
] as const;

/** A file that is an edge, or a folder of them. The value says which ambient things it may take, and why. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  "src/compose": AMBIENT, // Meets the machine: clock, randomness, files, sockets.
  "src/app.ts": AMBIENT, // Puts the program together.
  "src/main.ts": AMBIENT, // Is the program.
  "src/program.ts": AMBIENT, // The same.
  "src/cli": AMBIENT, // One process a command; nothing of the resolver.
  "src/cli/checkup": AMBIENT, // As above: how the doctor looks at this machine.
  "src/observe/lines.ts": ["setTimeout"], // The log comes before any clock, and its reader's time is real time.
  "src/cli/workers": AMBIENT, // Processes: started, waited for, ended.
};

/** Longest file in lines. Most are far below; past 300 it is worth asking whether a file has one subject. */
const MAX_LINES = 400;

/** Files that are longer for a reason. */
const LONG_FILES: Readonly<Record<string, number>> = {};

interface Import {
  readonly target: string;
  readonly names: readonly string[];
}

interface SourceFile {
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`)
    .sort();
}

function read(path: string): SourceFile {
  const text = readFileSync(path, "utf8");
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return { path, layer: path.split("/")[1] ?? "", text, tree, imports: importsOf(tree) };
}

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const target = node.moduleSpecifier;
      if (target !== undefined && ts.isStringLiteral(target)) {
        found.push({ target: target.text, names: ts.isImportDeclaration(node) ? namesOf(node) : ["*"] });
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const target = node.arguments[0];
      if (target !== undefined && ts.isStringLiteral(target))
        found.push({ target: target.text, names: ["*"] });
    }
  });
  return found;
}

function namesOf(node: ts.ImportDeclaration): string[] {
  const clause = node.importClause;
  if (clause === undefined || clause.isTypeOnly) return [];
  const bindings = clause.namedBindings;
  const named =
    bindings === undefined
      ? []
      : ts.isNamedImports(bindings)
        ? bindings.elements.filter((e) => !e.isTypeOnly).map((e) => (e.propertyName ?? e.name).text)
        : ["*"];
  return clause.name === undefined ? named : ["default", ...named];
}

function visit(node: ts.Node, seen: (node: ts.Node) => void): void {
  seen(node);
  node.forEachChild((child) => {
    visit(child, seen);
  });
}

function lineOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/** `./x.ts` of a file, as a path from the root; `undefined` where the target is a package. */
function resolved(from: string, target: string): string | undefined {
  return target.startsWith(".") ? normalize(join(dirname(from), target)) : undefined;
}

function packageOf(target: string): string {
  const parts = target.split("/");
  return target.startsWith("@") ? `${parts[0]}/${parts[1]}` : (parts[0] ?? target);
}

const isBuiltin = (target: string): boolean =>
  target.startsWith("node:") || builtinModules.includes(packageOf(target));

const sources = filesBelow("src").map(read);
const outside = [...filesBelow("test"), ...filesBelow("bench")].map(read);

describe("the layers of src", () => {
  it("import downward only", () => {
    const faults = sources.flatMap((file) =>
      file.imports.flatMap(({ target }) => {
        const path = resolved(file.path, target);
        if (path === undefined) return [];
        const layer = path.split("/")[1] ?? "";
        const allowed = MAY_IMPORT[file.layer];
        if (
          path.startsWith("src/") &&
          (layer === file.layer || layer === "ports" || allowed?.includes(layer))
        ) {
          return [];
        }
        return [`${file.path} imports ${path}`];
      }),
    );

    expect(faults).toEqual([]);
  });

  it("are the folders that the table names", () => {
    const layers = new Set(sources.map((file) => file.layer));

    expect([...layers].filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
  });

  it("have no import cycle", () => {
    const edges = new Map(
      sources.map((file) => [
        file.path,
        file.imports.flatMap(({ target }) => resolved(file.path, target) ?? []),
      ]),
    );

    expect(findCycle(edges)).toBeUndefined();
  });

  it("take their packages only where each has its home", () => {
    const faults = sources.flatMap((file) =>
      file.imports.flatMap(({ target }) => {
        if (resolved(file.path, target) !== undefined || isBuiltin(target)) return [];
        return PACKAGE_HOMES[packageOf(target)]?.includes(file.layer)
          ? []
          : [`${file.path} imports ${target}`];
      }),
    );

    expect(faults).toEqual([]);
  });

  it("reach sockets, processes and threads only at the edges", () => {
    const faults = sources.flatMap((file) =>
      file.imports.flatMap(({ target, names }) => {
        const homes = EDGE_MODULES[target];
        if (homes === undefined || homes.includes(file.layer)) return [];
        if (target === "node:net" && names.every((name) => PURE_OF_NET.has(name))) return [];
        return names.length === 0 ? [] : [`${file.path} imports ${names.join(", ")} of ${target}`];
      }),
    );

    expect(faults).toEqual([]);
  });

  it("that work on what they are given read no files", () => {
    const faults = sources
      .filter((file) => WITHOUT_FILES.includes(file.layer))
      .filter((file) => file.imports.some(({ target }) => target.startsWith("node:fs")))
      .map((file) => file.path);

    expect(faults).toEqual([]);
  });

  it("name Node's modules with their prefix", () => {
    const faults = sources.flatMap((file) =>
      file.imports
        .filter(({ target }) => !target.startsWith("node:") && builtinModules.includes(target))
        .map(({ target }) => `${file.path} imports ${target}`),
    );

    expect(faults).toEqual([]);
  });
});

describe("package.json", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const runtime = { ...manifest.dependencies, ...manifest.optionalDependencies };

  it("gives every dependency a home in src", () => {
    expect(Object.keys(runtime).filter((name) => !(name in PACKAGE_HOMES))).toEqual([]);
  });

  it("holds exact versions only", () => {
    const all = Object.entries({ ...runtime, ...manifest.devDependencies });

    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it("has in its lock file the packages of every platform, which npm ci insists on", () => {
    const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      readonly packages: Readonly<
        Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
      >;
    };
    const wanted = Object.values(lock.packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    const present = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, "")));

    expect(wanted.filter((name) => !present.has(name))).toEqual([]);
  });

  it("keeps packages with a home in test at home", () => {
    const faults = [...sources, ...outside].flatMap((file) =>
      file.imports
        .filter(({ target }) => TEST_PACKAGE_HOMES[packageOf(target)]?.test(file.path) === false)
        .map(({ target }) => `${file.path} imports ${target}`),
    );

    expect(faults).toEqual([]);
  });
});

describe("the files of src", () => {
  it("take time, chance and environment from ports", () => {
    const faults = sources.flatMap((file) => {
      const allowed = EDGES[file.path] ?? EDGES[dirname(file.path)] ?? [];
      return ambientUses(file)
        .filter(({ what }) => !allowed.includes(what))
        .map(({ what, where }) => `${where} uses ${what}`);
    });

    expect(faults).toEqual([]);
  });

  it("say what bounds each collection that outlives a call", () => {
    expect(sources.flatMap(unboundedCollections)).toEqual([]);
  });

  it("have kebab-case names", () => {
    const faults = [...sources, ...outside].filter(
      ({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.field|\.test|\.config|\.d)*\.ts$/.test(basename(path)),
    );

    expect(faults.map((file) => file.path)).toEqual([]);
  });

  it("are no barrels: what is exported is made in the same file", () => {
    const faults = sources.flatMap((file) =>
      file.tree.statements
        .filter((statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined)
        .map((statement) => `${lineOf(file, statement)} exports another file's things`),
    );

    expect([...faults, ...sources.filter((file) => basename(file.path) === "index.ts")]).toEqual([]);
  });

  it("extend nothing but errors", () => {
    const faults: string[] = [];
    for (const file of sources) {
      visit(file.tree, (node) => {
        if (!ts.isHeritageClause(node) || node.token !== ts.SyntaxKind.ExtendsKeyword) return;
        if (!ts.isClassLike(node.parent)) return;
        const base = node.types[0]?.expression.getText() ?? "";
        if (!base.endsWith("Error")) faults.push(`${lineOf(file, node)} extends ${base}`);
      });
    }

    expect(faults).toEqual([]);
  });

  it("open by saying what they are for", () => {
    const faults = sources.filter(({ text }) => !/^(#!.*\n)?\s*\/\*\*/.test(text)).map(({ path }) => path);

    expect(faults).toEqual([]);
  });

  it(`have at most ${MAX_LINES} lines`, () => {
    const faults = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ path, lines }) => lines > (LONG_FILES[path] ?? MAX_LINES))
      .map(({ path, lines }) => `${path}: ${lines} lines`);

    expect(faults).toEqual([]);
  });
});

/** The first cycle as a readable path. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (node: string): string | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(" -> ");
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = walk(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = walk(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function ambientUses(file: SourceFile): { what: string; where: string }[] {
  const uses: { what: string; where: string }[] = [];
  const names: readonly string[] = AMBIENT;
  visit(file.tree, (node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length) {
      uses.push({ what: "new Date()", where: lineOf(file, node) });
    } else if (ts.isPropertyAccessExpression(node) && names.includes(node.getText())) {
      uses.push({ what: node.getText(), where: lineOf(file, node) });
    } else if (ts.isIdentifier(node) && names.includes(node.text) && isFree(node)) {
      uses.push({ what: node.text, where: lineOf(file, node) });
    }
  });
  return uses;
}

/** Not the name of a member: `clock.setTimeout` or `{ setTimeout: ... }` is somebody else's. */
function isFree(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return !(ts.isPropertyAssignment(parent) && parent.name === node);
}

/** Maps and sets in fields, at module level, or captured by what a function returns, without a `BOUNDED:` line. */
function unboundedCollections(file: SourceFile): string[] {
  const faults: string[] = [];
  visit(file.tree, (node) => {
    if (!ts.isNewExpression(node) || !/^(Map|Set|Array)$/.test(node.expression.getText())) return;
    if (node.expression.getText() === "Array" || (node.arguments?.length ?? 0) > 0) return;
    const owner = ownerOf(node);
    if (owner === undefined) return;
    const [home, extra] = owner;
    if (
      !`${commentsOf(file, home)}${extra === undefined ? "" : commentsOf(file, extra)}`.includes("BOUNDED:")
    ) {
      faults.push(`${lineOf(file, node)} has a collection without a BOUNDED: line`);
    }
  });
  return faults;
}

/** The declaration whose comment speaks for the collection, and the class or function around it; none for a passing local. */
function ownerOf(node: ts.NewExpression): [ts.Node, ts.Node?] | undefined {
  const { parent } = node;
  if (ts.isPropertyDeclaration(parent)) return [parent, parent.parent];
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return undefined;
  const statement = parent.parent.parent;
  if (ts.isSourceFile(statement.parent)) return [statement];
  const around = ts.findAncestor(statement, ts.isFunctionLike);
  if (around === undefined || !isCapturedByResult(around, parent.name.text)) return undefined;
  return [statement, around];
}

function isCapturedByResult(around: ts.Node, name: string): boolean {
  let captured = false;
  visit(around, (node) => {
    if (!ts.isReturnStatement(node) || ts.findAncestor(node, ts.isFunctionLike) !== around) return;
    visit(node, (inner) => {
      if (!ts.isIdentifier(inner) || inner.text !== name) return;
      if (ts.findAncestor(inner, ts.isFunctionLike) !== around) captured = true;
    });
  });
  return captured;
}

function commentsOf(file: SourceFile, node: ts.Node): string {
  const ranges = [
    ...(ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []),
    ...(ts.getTrailingCommentRanges(file.text, node.getEnd()) ?? []),
  ];
  return ranges.map(({ pos, end }) => file.text.slice(pos, end)).join("\n");
}
