#!/usr/bin/env node
/** The `sotto` program: loads the rest of it, which is one file beside this one, as V8 compiled it before. */
import { join } from "node:path";
import { codeDirectory, loadCompiled } from "./compiled-code.ts";
import { boundHeapGrowth } from "./heap.ts";
import type { main } from "./program.ts";

const home = import.meta.dirname;
// First: V8 takes compiled code back only under the flags that it was made with.
boundHeapGrowth();
const { exports, keepCode } = loadCompiled(join(home, "program.js"), codeDirectory(process.env, home));
void (exports as { main: typeof main }).main(process.argv.slice(2), keepCode);
