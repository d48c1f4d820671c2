import { defaultClientConditions, defineConfig } from "vite";

/** Where `npm run dev` finds the server. */
const server = process.env["VESTNIK_URL"] ?? "http://127.0.0.1:8080";

/** Host and Origin stay the page's own, so that the server takes them for its own page. */
const forward = { target: server, changeOrigin: false };

/** What is loaded when it is first used (app/shell/parts.tsx), and whatever only that needs. */
const LATER =
  /\/(app\/(search\/|settings\/|words\/(en|ru)\.|files\/(files|FilesTab|PendingFiles|Tray|Viewer|thumbhash)\.|shell\/windows\.|panel\/(?!PanelFrame)|dialog\/(AddPeople|Help|NewChat|PeoplePicker)\.)|node_modules\/thumbhash\/)/;

export default defineConfig({
  // The page may be anywhere on a host: what it names is beside it.
  base: "./",
  // The client is a package of this workspace: the page is made of its source.
  resolve: { conditions: ["@vestnik/source", ...defaultClientConditions] },
  server: {
    proxy: {
      "/api": forward,
      "/auth": forward,
      "/register": forward,
      "/ws": { ...forward, ws: true },
    },
  },
  build: {
    outDir: "dist",
    target: "es2024",
    // An inlined picture would be a data: address, which the server's policy refuses.
    assetsInlineLimit: 0,
    modulePreload: false,
    // The output is committed: names without hashes make small differences.
    rollupOptions: {
      // What of these is not used does nothing: tables of entities and ways to write addresses that `app/text` does without.
      treeshake: { moduleSideEffects: (id) => !/node_modules\/(entities|mdurl|uc\.micro)\//.test(id) },
      output: {
        entryFileNames: "assets/[name].js",
        // What the parts share is in the page itself, which is there before them.
        codeSplitting: { groups: [{ name: "index", test: (id) => !LATER.test(id) }] },
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
