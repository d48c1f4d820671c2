/** What is said is what is shown, and nothing lies on it. */
import type { Browser, Locator, Page } from "playwright-core";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EMOJI } from "../app/text/emoji";
import { launch, message, openChat, say, signUp, sit, type Person } from "./browser";
import { serve, type Running } from "./server";
import { drawn, until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  // A clock of twelve hours takes the most room.
  anna = await sit(browser, "anna", { locale: "en-US" });
  bert = await sit(browser, "bert", { locale: "en-US" });
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await openChat(anna.page, "General");
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const composer = (page: Page) => page.locator("#composer");

/** Do the letters of one lie on those of the other? */
function overlap(row: Locator, above: string, below: string): Promise<boolean> {
  return row.evaluate(
    (element, [above, below]) => {
      const over = element.querySelector(above)?.getBoundingClientRect();
      const letters = document.createRange();
      const walker = document.createTreeWalker(element.querySelector(below) ?? element, NodeFilter.SHOW_TEXT);
      const boxes: DOMRect[] = [];
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        letters.selectNodeContents(node);
        boxes.push(...letters.getClientRects());
      }
      if (over === undefined || boxes.length === 0) throw new Error("nothing to compare");
      return boxes.some((box) => over.left < box.right && box.left < over.right && over.top < box.bottom - 1 && box.top + 1 < over.bottom);
    },
    [above, below] as const,
  );
}

describe("a message", () => {
  it("has its time beside its text, whichever way it runs", async () => {
    for (const text of ["مرحبا 123 world!", "hello world", "> نعم\n\nשלום", "- אחת\n- two", "one\n\nשתיים של שבוע"]) {
      await say(anna.page, text);
      const row = anna.page.locator(".message").last();
      await row.locator(".icon-check").waitFor();
      expect([text, await overlap(row, ".meta", ".text")]).toEqual([text, false]);
    }
    const last = anna.page.locator(".message").last().locator(".text > p");
    expect(await last.evaluateAll((all) => all.map((one) => getComputedStyle(one).direction))).toEqual(["ltr", "rtl"]);
  });

  it("has it there before it is sent, too, and is as wide", async () => {
    server.cut();
    for (const text of ["ff", "שלום"]) {
      await composer(anna.page).fill(text);
      await anna.page.keyboard.press("Enter");
      const row = anna.page.locator(".is-pending").last();
      await row.waitFor();
      expect([text, await overlap(row, ".meta", ".text")]).toEqual([text, false]);
    }
    server.mend();
    await until(async () => (await anna.page.locator(".is-pending").count()) === 0);
  });

  it("is not covered by what may be done with it, nor are those around it", async () => {
    for (const text of ["short", "a", "b".repeat(300)]) await say(anna.page, text);
    for (const width of [1280, 360]) {
      await anna.page.setViewportSize({ width, height: 800 });
      for (const text of ["short", "a", "b".repeat(300)]) {
        const row = message(anna.page, text).last();
        await row.locator(".text > p").hover({ position: { x: 3, y: 8 } });
        await row.locator(".bar").waitFor();
        const covered = await row.locator(".bar").evaluate((bar) => {
          const over = bar.getBoundingClientRect();
          const texts = [...document.querySelectorAll(".message .text")].map((text) => text.getBoundingClientRect());
          return texts.some((box) => over.left < box.right && box.left < over.right && over.top < box.bottom && box.top < over.bottom);
        });
        expect([width, text.slice(0, 8), covered]).toEqual([width, text.slice(0, 8), false]);
      }
    }
    await anna.page.setViewportSize({ width: 1280, height: 800 });
  });

  it("shows whom it calls, who can be written to, and nobody else", async () => {
    await say(anna.page, "@bert, @nobody and @anna");
    const row = message(anna.page, "and @anna");
    await until(async () => (await row.locator(".mention").count()) === 2);
    expect(await row.locator(".mention").allInnerTexts()).toEqual(["@bert", "@anna"]);
    await row.getByRole("button", { name: "@bert" }).click();
    await anna.page.getByRole("menuitem", { name: "bert" }).waitFor();
    await anna.page.keyboard.press("Escape");
  });

  it("gives its code away by a button", async () => {
    await anna.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await say(anna.page, "```js\nlet a = 1;\n\nlet b;\n```");
    const row = anna.page.locator(".message").last();
    await row.hover();
    await row.getByRole("button", { name: "Copy code" }).click();
    expect(await anna.page.evaluate(() => navigator.clipboard.readText())).toBe("let a = 1;\n\nlet b;");
  });
});

/** Where code goes on to the side: how dark its two edges are beside its middle. */
async function edges(code: Locator, scrollTo: number): Promise<{ left: number; right: number }> {
  await code.evaluate((element, scrollTo) => element.scrollTo(scrollTo, 0), scrollTo);
  await drawn(anna.page);
  const picture = (await code.screenshot()).toString("base64");
  return anna.page.evaluate(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d") as OffscreenCanvasRenderingContext2D;
    canvas.drawImage(bitmap, 0, 0);
    // Above the first line there are no letters, and no round corner.
    const light = (x: number) => [...canvas.getImageData(x, 8, 1, 1).data.slice(0, 3)].reduce((sum, part) => sum + part, 0);
    const middle = light(Math.round(bitmap.width / 2));
    return { left: middle - light(2), right: middle - light(bitmap.width - 3) };
  }, picture);
}

describe("code", () => {
  it("begins a message without a line before it, and shows by a shadow where it goes on", async () => {
    await say(anna.page, `\`\`\`\n${"long ".repeat(80)}\nshort\n\`\`\``);
    const row = message(anna.page, "long long").last();
    const [bubble, pre] = [row.locator(".bubble"), row.locator("pre")];
    await row.locator(".icon-check").waitFor();
    const [around, block] = await Promise.all([bubble.boundingBox(), row.locator(".code-block").boundingBox()]);
    expect((block?.y ?? 0) - (around?.y ?? 0)).toBeLessThan(14);
    await say(anna.page, "```\nlet a;\n```");
    const whole = await edges(message(anna.page, "let a;").last().locator("pre"), 0);
    const [atStart, between, atEnd] = [await edges(pre, 0), await edges(pre, 200), await edges(pre, 100_000)];
    const isDark = ({ left, right }: typeof whole) => [left > 20, right > 20];
    expect([atStart, between, atEnd, whole].map(isDark)).toEqual([[false, true], [true, true], [true, false], [false, false]]);
  });
});

describe("emoji", () => {
  const font = ["/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"].find((path) => existsSync(path));
  if (font === undefined && process.env["CI"]) throw new Error("there is no font with coloured emoji: fonts-noto-color-emoji");
  if (font === undefined) process.stdout.write("SKIPPED: there is no font with coloured emoji\n");

  it.skipIf(font === undefined)("have colours, all that are offered, also where another font has them without", async () => {
    const plain = await anna.page.evaluate((all) => {
      const canvas = new OffscreenCanvas(40, 40).getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
      canvas.font = `24px ${getComputedStyle(document.body).fontFamily}`;
      // What takes the colour of the text is a letter.
      canvas.fillStyle = "#f0f";
      return all.filter((char) => {
        canvas.clearRect(0, 0, 40, 40);
        canvas.fillText(char, 2, 30);
        const { data } = canvas.getImageData(0, 0, 40, 40);
        return data.some((red, at) => at % 4 === 0 && red > 240 && (data[at + 1] ?? 0) < 15 && (data[at + 2] ?? 0) > 240 && (data[at + 3] ?? 0) > 240);
      });
    }, EMOJI.map(({ char }) => char));
    expect(plain).toEqual([]);
  });

  it.skipIf(font === undefined)("that are several joined to one stay one", async () => {
    const joined = ["👩‍👩‍👧‍👦", "👩‍🚀", "👩🏽‍🚀", "🤷‍♀️", "👩‍⚕️", "👩‍❤️‍👨", "❤️‍🔥", "🏳️‍🌈", "👁️‍🗨️", "🐻‍❄️", "🇷🇺", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "👍🏽"];
    const apart = await anna.page.evaluate((joined) => {
      const canvas = new OffscreenCanvas(10, 10).getContext("2d") as OffscreenCanvasRenderingContext2D;
      canvas.font = `24px ${getComputedStyle(document.body).fontFamily}`;
      const one = canvas.measureText("😀").width;
      return joined.filter((emoji) => canvas.measureText(emoji).width > one * 1.2);
    }, joined);
    expect(apart).toEqual([]);
  });
});

describe("a short word", () => {
  it("stands in the chat, not on the field, and goes with it", async () => {
    await anna.page.locator(".message").last().click({ button: "right" });
    await anna.page.getByRole("menuitem", { name: "Copy text" }).click();
    const toast = anna.page.locator(".toast");
    await toast.waitFor();
    const [box, field, chat] = await Promise.all([toast.boundingBox(), composer(anna.page).boundingBox(), anna.page.locator(".chat").boundingBox()]);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(field?.y ?? 0);
    const middle = (one: typeof box) => (one?.x ?? 0) + (one?.width ?? 0) / 2;
    expect(Math.abs(middle(box) - middle(chat))).toBeLessThan(2);
    await anna.page.keyboard.press("Control+k");
    await anna.page.getByRole("dialog").waitFor();
    expect(await toast.count()).toBe(0);
    await anna.page.keyboard.press("Escape");
  });
});

describe("what is typed", () => {
  it("becomes an emoji by its name or its face, and what it was again", async () => {
    const field = composer(anna.page);
    for (const [text, becomes] of [["so :tada:", "so 🎉"], ["thanks :)", "thanks 🙂"]] as const) {
      await field.fill("");
      await field.pressSequentially(text);
      expect(await field.inputValue()).toBe(becomes);
      await anna.page.keyboard.press("Control+z");
      expect(await field.inputValue()).toBe(text);
    }
    await field.fill("");
    await field.pressSequentially("`:tada:` ");
    expect(await field.inputValue()).toBe("`:tada:` ");
    await field.fill("");
  });
});

describe("a group", () => {
  it("is left by its only owner once there is another", async () => {
    const { page } = anna;
    const chat = await page.evaluate(async () => {
      const ask = async (path: string, body: unknown) => (await fetch(path, { method: "POST", body: JSON.stringify(body) })).json();
      const { id } = await ask("api/chats", { type: "group", name: "Left" });
      const { users } = await (await fetch("api/users?query=bert")).json();
      await ask(`api/chats/${id}/members`, { user_id: users[0].id });
      return id as number;
    });
    await openChat(page, "Left");
    await page.locator(".chat-head-sub", { hasText: "2" }).waitFor();
    await page.locator(".chat-head .icon-button").last().click();
    await page.getByRole("button", { name: "Leave the chat" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("You are the only owner").waitFor();
    expect(await dialog.getByRole("button", { name: "Hand over and leave" }).isDisabled()).toBe(true);
    await dialog.getByText("bert").click();
    await dialog.getByRole("button", { name: "Hand over and leave" }).click();
    await until(async () => (await page.locator(`#chat-${chat}`).count()) === 0);
  });

  it("neither counts nor offers one whose account has ended", async () => {
    const gone = await sit(browser, "gone");
    await signUp(gone, server.url);
    await openChat(anna.page, "General");
    await anna.page.reload();
    await anna.page.locator(".chat-head-sub", { hasText: "3 members" }).waitFor();
    const status = await gone.page.evaluate(async () => {
      const { id } = await (await fetch("api/me")).json();
      return (await fetch(`api/users/${id}`, { method: "DELETE", body: JSON.stringify({ current_password: "correct horse" }) })).status;
    });
    expect(status).toBe(204);
    await anna.page.reload();
    await anna.page.locator(".chat-head-sub", { hasText: "2 members" }).waitFor();
    await composer(anna.page).pressSequentially("@");
    await anna.page.locator("#completion").waitFor();
    expect(await anna.page.locator("#completion").innerText()).not.toContain("deleted");
  });
});
