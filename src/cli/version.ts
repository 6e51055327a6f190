/** The version of this program, put in by `scripts/build.mjs`. */
declare const SOTTO_VERSION: string | undefined;

export const version: string = typeof SOTTO_VERSION === "string" ? SOTTO_VERSION : "0.0.0-source";
