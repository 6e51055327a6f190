import tseslint from "typescript-eslint";

/** Type-aware rules: a promise without an owner is the defect this project fears most. */
export default tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/", ".stryker-tmp/", "reports/"] },
  {
    files: ["src/**/*.ts", "test/**/*.ts", "bench/**/*.ts", "scripts/**/*.ts"],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { inheritedMethods: false } }],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-readonly": "error",
      "no-console": "error",
      "no-debugger": "error",
      eqeqeq: "error",
      "prefer-const": "error",
      "no-var": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/resolve/serve.ts", "src/wire/**"],
    rules: { complexity: ["error", 20] },
  },
  { files: ["bench/**/*.ts", "scripts/**/*.ts", "src/cli/**/*.ts"], rules: { "no-console": "off" } },
);
