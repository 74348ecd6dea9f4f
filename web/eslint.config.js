import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** What a folder may not import. Imports flow one way: lib, then api, then components, then features, then app. */
function wall(files, forbidden, why) {
  return {
    files,
    rules: { "no-restricted-imports": ["error", { patterns: [{ group: forbidden, message: why }] }] },
  };
}

/** A feature sees the shared folders and itself; two features meet in a page under `src/app/pages`. */
const features = ["balance", "invoice", "keys", "market", "members", "models", "playground", "session", "usage"];
const featureWalls = features.map((feature) =>
  wall(
    [`src/features/${feature}/**`],
    ["@/app/*", ...features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`)],
    "a feature imports neither the app nor another feature: compose them in a page",
  ),
);

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.recommendedTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // The router signals "go there instead" by throwing a redirect object.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false, properties: false } }],
    },
  },
  { files: ["**/*.{ts,tsx}"], ...reactHooks.configs.flat.recommended },
  // React's act waits only for what is async.
  { files: ["**/*.test.{ts,tsx}"], rules: { "@typescript-eslint/require-await": "off" } },
  wall(["src/lib/**"], ["@/api/*", "@/components/*", "@/features/*", "@/app/*"], "lib knows no other folder"),
  wall(["src/api/**"], ["@/components/*", "@/features/*", "@/app/*"], "api imports lib only"),
  wall(["src/components/**"], ["@/features/*", "@/app/*"], "shared components know no feature"),
  ...featureWalls,
);
