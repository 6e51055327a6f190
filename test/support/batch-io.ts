/**
 * `listen.batch_io` of the resolvers that tests start: `auto`, or what $SOTTO_TEST_BATCH_IO says, so that the whole
 * suite can be run over plain UDP too (`npm run test:matrix`).
 */
export const BATCH_IO = process.env["SOTTO_TEST_BATCH_IO"] === "off" ? "off" : "auto";
