import { describe, expect, it } from "vitest";
import { buildOf, isToBeTaken, UNSEEN } from "./build-version";

const page = (script: string) => `<head><meta name="application-name" content="Vestnik" /><script type="module" crossorigin src="${script}"></script></head>`;

describe("the build of a page", () => {
  it("is the path of its script", () => {
    expect(buildOf(page("./assets/0a1b2c/index.js"))).toBe("assets/0a1b2c/index.js");
  });

  it("is not known of what others answer", () => {
    expect(buildOf("<title>Hotel WiFi</title><script src='./assets/x/index.js'></script>")).toBeNull();
    expect(buildOf("")).toBeNull();
  });
});

describe("a new version", () => {
  it("is taken by itself only where nobody looks and nothing can be lost, and once", () => {
    const all = { isOutdated: true, isHidden: true, hiddenFor: UNSEEN, isBusy: false, wasTaken: false };
    expect(isToBeTaken(all)).toBe(true);
    const not = [{ isOutdated: false }, { isHidden: false }, { hiddenFor: UNSEEN - 1 }, { isBusy: true }, { wasTaken: true }];
    for (const one of not) expect(isToBeTaken({ ...all, ...one }), JSON.stringify(one)).toBe(false);
  });
});
