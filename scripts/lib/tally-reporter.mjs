/** The last line of a run, for people and for scripts: `N passed, N failed`. */
export default class TallyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    // An error that belongs to no test fails the run: it counts as one.
    let failed = unhandledErrors.length;
    for (const module of modules) {
      passed += [...module.children.allTests("passed")].length;
      const ofTests = [...module.children.allTests("failed")].length;
      // A file that cannot be loaded, or whose set-up fails, has no test to fail: it counts as one.
      failed += ofTests === 0 && module.state() === "failed" ? 1 : ofTests;
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
