/** Draws the icons of the installed page from icon.svg: `node tools/icons.mjs` (needs Chromium). */
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const folder = new URL("../public/", import.meta.url);
const svg = readFileSync(new URL("icon.svg", folder), "utf8");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });

async function draw(name, size, scale, ground) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const inner = size * scale;
  await page.setContent(`<body style="margin:0;display:grid;place-items:center;height:${size}px;background:${ground}">
    <div style="width:${inner}px;height:${inner}px">${svg}</div>`);
  writeFileSync(new URL(name, folder), await page.screenshot({ omitBackground: true, type: "png" }));
  await page.close();
}

await draw("icon-192.png", 192, 1, "transparent");
await draw("icon-512.png", 512, 1, "transparent");
// A mask may cut up to a fifth off each side.
await draw("icon-maskable-512.png", 512, 0.8, "#0a7266");

// For browsers that show something else of the server than its page, and ask for this: a picture in a frame of its own.
await draw("favicon.ico", 48, 1, "transparent");
const picture = readFileSync(new URL("favicon.ico", folder));
const head = Buffer.alloc(22);
head.writeUInt16LE(1, 2);
head.writeUInt16LE(1, 4);
head.set([48, 48], 6);
head.writeUInt16LE(1, 10);
head.writeUInt16LE(32, 12);
head.writeUInt32LE(picture.length, 14);
head.writeUInt32LE(head.length, 18);
writeFileSync(new URL("favicon.ico", folder), Buffer.concat([head, picture]));
await browser.close();
